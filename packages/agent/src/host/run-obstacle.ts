import { readFile, realpath, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { mountOf, parseMounts } from './file-system.ts';
import type { NamedOwner } from './host.ts';

/**
 * What keeps a user from running an existing program: its file system, a folder on the way, or its mode. null if the
 * cause is not visible, as with an access control list. Only the user's first group counts.
 *
 * @param user null for the user of this process
 */
export async function runObstacle(binary: string, user: NamedOwner | null): Promise<string | null> {
  const path = await realpath(binary).catch(() => null);
  if (path === null) return null;
  const mount = mountOf(parseMounts(await readFile('/proc/self/mountinfo', 'utf8').catch(() => '')), path);
  if (mount?.noexec === true) return `it lies on ${mount.mountPoint}, which is mounted with the option noexec`;
  if (user === null) return null;
  for (const folder of foldersAbove(path)) {
    if (!(await hasExecuteBit(folder, user))) return `the user ${user.user} cannot pass through the folder ${folder}`;
  }
  return (await hasExecuteBit(path, user)) ? null : `the user ${user.user} has no permission to run it`;
}

/** The outermost folder first. */
function foldersAbove(path: string): readonly string[] {
  const folder = dirname(path);
  return folder === path ? [] : [...foldersAbove(folder), folder];
}

/** By the first class that the user belongs to, as the kernel decides. */
async function hasExecuteBit(path: string, { uid, gid }: NamedOwner): Promise<boolean> {
  const found = await stat(path);
  const bit = found.uid === uid ? 0o100 : found.gid === gid ? 0o010 : 0o001;
  return (found.mode & bit) !== 0;
}
