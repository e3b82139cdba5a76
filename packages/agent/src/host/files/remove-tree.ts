import { constants, type Stats } from 'node:fs';
import { lstat, open, readdir, rmdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { failure } from '@picket/shared/errors.ts';
import { codeOf, nullIfMissing, writeFailure } from '../file-failure.ts';
import { problemOf, type RunAs, runAs } from '../run-as.ts';

/** Two minutes: on an SD card, ext4 needs some seconds to delete gigabytes. */
const patienceMs = 120_000;

/** Empties the working directory, also of folders that their owner has closed. Works with busybox. */
const emptyHere = `find . -type d ! -perm -700 -exec chmod u+rwx {} \\;
exec find . ! -name . -prune -exec rm -rf {} +`;

/**
 * Removes a folder with all that is in it, or a file or link. It follows no link, not even one that somebody puts in the
 * way meanwhile: root deletes by path only where nobody else can change a name. A folder of another user is emptied by a
 * process with that user's rights, and root removes it once it is empty (ADR 53). The user needs no name on this machine.
 * Does nothing if the path does not exist.
 *
 * Only the user of this process may change names in the parent of `path`. Throws `path_not_removed` for a folder of
 * another user that does not become empty, and what the file system says.
 */
export async function removeTree(path: string, run: RunAs = runAs): Promise<void> {
  const found = await lstat(path).catch(nullIfMissing);
  if (found === null) return;
  if (!found.isDirectory()) return unlink(path);
  await open700(path);
  if (process.getuid?.() === 0 && found.uid !== 0) return removeOfAnother(path, found, run);
  for (const name of await readdir(path)) await removeTree(join(path, name), run);
  await rmdir(path);
}

async function removeOfAnother(path: string, owner: Stats, run: RunAs): Promise<void> {
  const { uid, gid } = owner;
  // The folder that holds it may be closed to that user, so the process begins in it.
  const ended = await run('/bin/sh', ['-c', emptyHere], { owner: { uid, gid }, patienceMs, cwd: path });
  try {
    await rmdir(path);
  } catch (error) {
    if (codeOf(error) !== 'ENOTEMPTY' && codeOf(error) !== 'EEXIST') throw error;
    const why = ended.error === null ? 'its user makes files in it meanwhile' : problemOf(ended);
    throw failure('path_not_removed', { path, uid, problem: why }, { cause: ended.error ?? error });
  }
}

/** Its owner can enter it, and nobody else can change a name in it. On the open folder: a link has no effect. */
async function open700(path: string): Promise<void> {
  const folder = await open(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  try {
    await folder.chmod(0o700);
  } finally {
    await folder.close();
  }
}

/** Removes a folder if it is empty. */
export async function removeIfEmpty(folder: string): Promise<void> {
  try {
    await rmdir(folder);
  } catch (error) {
    if (!['ENOTEMPTY', 'EEXIST', 'ENOENT', 'EBUSY'].includes(codeOf(error) ?? '')) throw writeFailure(folder, error);
  }
}
