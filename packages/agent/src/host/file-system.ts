import { readFile, realpath, statfs } from 'node:fs/promises';

export interface FileSystem {
  /** As the kernel names it: `ext4`, `tmpfs`. */
  readonly type: string;
  readonly mountPoint: string;
}

/** Whether what is written there is gone at the next boot. */
export function isInMemory({ type }: Pick<FileSystem, 'type'>): boolean {
  return type === 'tmpfs' || type === 'ramfs';
}

export interface Mount extends FileSystem {
  readonly id: string;
  /** Whether no program on it can be run. */
  readonly noexec: boolean;
  /** Of an overlay: the folder that takes what is written, as whoever mounted it saw it. */
  readonly upperDir: string | null;
}

/** Mounts can be stacked; no machine has more overlays than this upon one another. */
const mostLayers = 4;

/**
 * The file system that keeps what is written below a path that exists; of an overlay, as a live or diskless system has it
 * as its root, the one below that takes the writes. null where the system does not tell.
 */
export async function fileSystemOf(path: string, mountsFile = '/proc/self/mountinfo'): Promise<FileSystem | null> {
  const text = await readFile(mountsFile, 'utf8').catch(() => null);
  if (text === null) return null;
  const mounts = parseMounts(text);
  let mount = mountOf(mounts, await realpath(path).catch(() => path));
  for (let layer = 0; layer < mostLayers && mount !== null; layer += 1) {
    const below: Mount | null = await upperOf(mounts, mount);
    if (below === null) break;
    mount = below;
  }
  return mount === null ? null : { type: mount.type, mountPoint: mount.mountPoint };
}

/** The mount point of the file system from which no program below this path can be run; null where programs can be. */
export async function noexecMount(path: string, mountsFile = '/proc/self/mountinfo'): Promise<string | null> {
  const text = await readFile(mountsFile, 'utf8').catch(() => '');
  const mount = mountOf(parseMounts(text), await realpath(path).catch(() => path));
  return mount?.noexec === true ? mount.mountPoint : null;
}

/** The mount that an overlay writes to; null for what is no overlay, and where it cannot be seen from here. */
async function upperOf(mounts: readonly Mount[], { id, mountPoint, upperDir }: Mount): Promise<Mount | null> {
  if (upperDir === null) return null;
  const below = mountOf(mounts, upperDir);
  // In a container that path means another folder, or none. An overlay tells the size of its upper file system as its own.
  if (below === null || below.id === id || !(await haveOneSize(mountPoint, upperDir))) return null;
  return below;
}

async function haveOneSize(...paths: readonly [string, string]): Promise<boolean> {
  try {
    const [one, other] = await Promise.all([statfs(paths[0]), statfs(paths[1])]);
    return one.blocks === other.blocks && one.bsize === other.bsize && one.files === other.files;
  } catch {
    return false;
  }
}

/** The mount that a path without links and dots lies on; of several on one point, the last hides the others. */
export function mountOf(mounts: readonly Mount[], path: string): Mount | null {
  let found: Mount | null = null;
  for (const mount of mounts) {
    const { mountPoint } = mount;
    const holds = mountPoint === '/' || path === mountPoint || path.startsWith(`${mountPoint}/`);
    if (holds && mountPoint.length >= (found?.mountPoint.length ?? 0)) found = mount;
  }
  return found;
}

/** The lines of /proc/PID/mountinfo (proc_pid_mountinfo(5)). */
export function parseMounts(text: string): Mount[] {
  return text.split('\n').flatMap((line) => {
    const [before, after] = line.split(' - ', 2);
    const [id, , , , mountPoint, own = ''] = before?.split(' ') ?? [];
    const [type, , options = ''] = after?.split(' ') ?? [];
    if (id === undefined || mountPoint === undefined || type === undefined) return [];
    const upper = options.split(',').find((option) => option.startsWith('upperdir='));
    const upperDir = type === 'overlay' && upper !== undefined ? unescaped(upper.slice('upperdir='.length)) : null;
    const noexec = own.split(',').includes('noexec');
    return [{ id, mountPoint: unescaped(mountPoint), type, noexec, upperDir }];
  });
}

/** White space and backslashes are written as `\040`. */
function unescaped(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_whole, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}
