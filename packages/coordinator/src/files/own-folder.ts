import type { Stats } from 'node:fs';
import { lstat, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { failure } from '@picket/shared/errors.ts';

/** The folders in the data directory. */
const within = ['authority', 'backing-up', 'releases', 'restoring', 'snapshots'];

/**
 * Refuses to let root work in a folder of another user, or in a data directory that has such a folder: that user could create
 * links there that lead root to any file of the machine. A missing folder is fine. Throws `folder_of_another_user`.
 */
export async function requireOwnFolder(path: string): Promise<void> {
  if (process.getuid?.() !== 0) return;
  requireOfRoot(path, await stat(path).catch(() => null));
  for (const name of within) await requireOwnTree(join(path, name));
}

async function requireOwnTree(path: string): Promise<void> {
  const found = await lstat(path).catch(() => null);
  if (found?.isDirectory() !== true) return;
  requireOfRoot(path, found);
  for (const entry of await readdir(path, { withFileTypes: true }))
    if (entry.isDirectory()) await requireOwnTree(join(path, entry.name));
}

function requireOfRoot(path: string, found: Stats | null): void {
  if (found !== null && found.uid !== 0) throw failure('folder_of_another_user', { path, uid: found.uid });
}
