import { readFile, realpath, statfs } from 'node:fs/promises';

export interface FileSystem {
  /** The kernel's name for it: `ext4`, `tmpfs`. */
  readonly type: string;
  readonly mountPoint: string;
}

/** True if the next boot erases what is written there. */
export function isInMemory({ type }: Pick<FileSystem, 'type'>): boolean {
  return type === 'tmpfs' || type === 'ramfs';
}

interface Mount extends FileSystem {
  readonly id: string;
  /** True if no program on it may be executed. */
  readonly noexec: boolean;
  /** For an overlay: the folder that takes the writes, as a path where the overlay was mounted. */
  readonly upperDir: string | null;
}

/** Mounts can be stacked; no machine has more overlays than this on top of each other. */
const mostLayers = 4;

/**
 * The file system that stores what is written below an existing path. For an overlay, such as the root of a live or
 * diskless system, it is the one below that takes the writes. null if the system does not say.
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

/** The mount point of the file system that forbids running programs below this path; null if programs can run. */
export async function noexecMount(path: string, mountsFile = '/proc/self/mountinfo'): Promise<string | null> {
  const text = await readFile(mountsFile, 'utf8').catch(() => '');
  const mount = mountOf(parseMounts(text), await realpath(path).catch(() => path));
  return mount?.noexec === true ? mount.mountPoint : null;
}

/** The mount that an overlay writes to. null for anything else, and if it is not visible from here. */
async function upperOf(mounts: readonly Mount[], { id, mountPoint, upperDir }: Mount): Promise<Mount | null> {
  if (upperDir === null) return null;
  const below = mountOf(mounts, upperDir);
  // In a container that path names another folder, or none. An overlay reports the size of its upper file system as its
  // own.
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

/**
 * The mount that holds a path without links and dots. If several are mounted on one point, the last one hides the
 * others.
 */
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

/** White space and backslashes appear as `\040`. */
function unescaped(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_whole, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}
