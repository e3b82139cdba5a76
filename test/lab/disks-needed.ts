import { spawnSync } from 'node:child_process';

// Unlike a tmpfs, an ext4 on a loop device may be mounted by the machine's own root alone, so no user namespace helps.
const probe = `
  set -e
  file=$(mktemp); trap 'rm -f "$file"' EXIT
  truncate -s 4M "$file"; mkfs.ext4 -q -F "$file"; mount -o loop "$file" /mnt`;

const why = ((): string | undefined => {
  if (process.platform !== 'linux') return 'power cuts are tried on Linux only';
  if (process.getuid?.() !== 0) return 'only root may mount an ext4 image';
  const { status, stderr } = spawnSync('unshare', ['--mount', '--propagation', 'private', 'sh', '-c', probe]);
  return status === 0 ? undefined : `no ext4 image can be mounted here: ${String(stderr ?? 'no unshare').trim()}`;
})();

// A power cut that was never tried must not look like one that was withstood.
if (why !== undefined && process.env.CI === 'true') throw new Error(`The power-cut tests cannot run: ${why}.`);

/** Options of a test that cuts a disk's power: it is skipped where that is not possible, except in CI, which then fails. */
export const disksNeeded = why === undefined ? {} : { skip: why };
