import { spawnSync } from 'node:child_process';
import { disksNeeded } from './disks-needed.ts';

const probe =
  'mount -t tmpfs tmpfs /run && ip link add lab0 type bridge && ip netns add probe && ip netns exec probe true';

/** Why the lab cannot run on this machine, or undefined. */
export const cannotRun = ((): string | undefined => {
  if (process.platform !== 'linux') return 'it needs Linux';
  if (process.getuid?.() !== 0) return 'it makes namespaces, networks and disks, for which it must be run as root';
  if (disksNeeded.skip !== undefined) return disksNeeded.skip;
  const options = ['--mount', '--propagation', 'private', '--net', '--pid', '--fork'];
  const { status, stderr } = spawnSync('unshare', [...options, 'sh', '-c', probe]);
  if (status === 0) return undefined;
  return `no host with a network of its own can be made here: ${String(stderr ?? 'there is no unshare').trim()}`;
})();

// Faults that were never tried must not look like faults that were withstood.
if (cannotRun !== undefined && process.env.CI === 'true') throw new Error(`The lab cannot run here: ${cannotRun}.`);

/** Options of a test in the lab: it is skipped where the lab cannot run, except in CI, which then fails. */
export const labNeeded: { readonly skip?: string } = cannotRun === undefined ? {} : { skip: cannotRun };
