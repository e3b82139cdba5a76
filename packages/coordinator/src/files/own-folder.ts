import { stat } from 'node:fs/promises';
import { failure } from '@picket/shared/errors.ts';

/**
 * Refuses to let root work in a folder of another user: that user could create links there that lead root to any file
 * of the machine. A missing folder is fine. Throws `folder_of_another_user`.
 */
export async function requireOwnFolder(path: string): Promise<void> {
  if (process.getuid?.() !== 0) return;
  const found = await stat(path).catch(() => null);
  if (found !== null && found.uid !== 0) throw failure('folder_of_another_user', { path, uid: found.uid });
}
