import { spawnSync } from 'node:child_process';

const diskProbe = `
  set -e
  file=$(mktemp); trap 'rm -f "$file"' EXIT
  truncate -s 4M "$file"; mkfs.ext4 -q -F "$file"; mount -o loop "$file" /mnt`;

const hostProbe =
  'mount -t tmpfs tmpfs /run && ip link add lab0 type bridge && ip netns add probe && ip netns exec probe true';

/** What a shell command says in namespaces of its own if it fails there, or undefined. */
function failsWith(script: string, ...namespaces: readonly string[]): string | undefined {
  const args = ['--mount', '--propagation', 'private', ...namespaces, 'sh', '-c', script];
  const { status, stderr } = spawnSync('unshare', args);
  return status === 0 ? undefined : String(stderr ?? 'the program unshare is missing').trim();
}

function mounting(): string | undefined {
  if (process.platform !== 'linux') return 'it needs Linux';
  // Unlike a tmpfs, an ext4 on a loop device may be mounted by the machine's own root alone, so no user namespace helps.
  if (process.getuid?.() !== 0) return 'it needs root, to make namespaces, networks and disks';
  const why = failsWith(diskProbe);
  return why === undefined ? undefined : `no ext4 image can be mounted here: ${why}`;
}

/** Why no disk whose power can be cut can be mounted on this machine, or undefined. */
export const disksCannot = mounting();

/** Why the lab cannot run on this machine, or undefined. */
export const cannotRun = ((): string | undefined => {
  if (disksCannot !== undefined) return disksCannot;
  const why = failsWith(hostProbe, '--net', '--pid', '--fork');
  return why === undefined ? undefined : `no board with a network of its own can be made here: ${why}`;
})();
