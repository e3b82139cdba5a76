import { type FileHandle, link, open, rm } from 'node:fs/promises';
import { failure } from '@picket/shared/errors.ts';

/**
 * Makes a file for its owner alone: whole, or not at all, and never over another. Throws `file_exists`,
 * `file_unwritable` and what `fill` throws.
 */
export async function fillNewFile(
  path: string,
  fill: (write: (octets: Uint8Array) => Promise<void>) => Promise<void>,
): Promise<void> {
  const part = `${path}.part`;
  const file = await opened(path, part);
  try {
    await fill(async (octets) => {
      await file.writeFile(octets).catch((error: unknown) => Promise.reject(unwritable(path, error)));
    });
    await file.sync().catch((error: unknown) => Promise.reject(unwritable(path, error)));
    // Unlike a rename, a link takes nothing's place.
    await link(part, path).catch((error: unknown) => Promise.reject(unwritable(path, error)));
  } finally {
    await file.close();
    await rm(part, { force: true });
  }
}

async function opened(path: string, part: string): Promise<FileHandle> {
  try {
    // Before minutes of a download are spent.
    const there = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return null;
      throw error;
    });
    await there?.close();
    if (there !== null) throw failure('file_exists', { path });
    return await open(part, 'wx', 0o600);
  } catch (error) {
    throw unwritable(path, error);
  }
}

function unwritable(path: string, error: unknown): unknown {
  const { code } = error as NodeJS.ErrnoException;
  const cause = { cause: error };
  switch (code) {
    case 'EEXIST':
      return failure('file_exists', { path }, cause);
    case 'ENOENT':
      return failure('file_unwritable', { path, problem: 'there is no such folder' }, cause);
    case 'EACCES':
    case 'EPERM':
      return failure('file_unwritable', { path, problem: 'you may not write there' }, cause);
    case 'ENOSPC':
      return failure('file_unwritable', { path, problem: 'the disk is full' }, cause);
    default:
      return code?.startsWith('E') === true ? failure('file_unwritable', { path, problem: code }, cause) : error;
  }
}
