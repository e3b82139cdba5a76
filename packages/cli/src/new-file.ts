import { link, open, rename } from 'node:fs/promises';
import { failure } from '@picket/shared/errors.ts';
import { createWhole } from '@picket/shared/whole-file.ts';

/**
 * Creates a file that only its owner can read: complete or not at all, and over an existing file only if it `replaces` that.
 * Throws `file_exists`, `file_unwritable` and what `fill` throws.
 */
export async function fillNewFile(
  path: string,
  fill: (write: (octets: Uint8Array) => Promise<void>) => Promise<void>,
  { replaces = false }: { readonly replaces?: boolean } = {},
): Promise<void> {
  // Checked before a download that may take minutes.
  const there = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw unwritable(path, error);
  });
  await there?.close();
  if (there !== null && !replaces) throw failure('file_exists', { path });
  const explain = (error: unknown) => unwritable(path, error);
  await createWhole(path, fill, { put: replaces ? rename : link, explain });
}

function unwritable(path: string, error: unknown): unknown {
  const { code } = error as NodeJS.ErrnoException;
  const cause = { cause: error };
  switch (code) {
    case 'EEXIST':
      return failure('file_exists', { path }, cause);
    case 'ENOENT':
      return failure('file_unwritable', { path, problem: 'the folder does not exist' }, cause);
    case 'EACCES':
    case 'EPERM':
      return failure('file_unwritable', { path, problem: 'you have no permission to write there' }, cause);
    case 'ENOSPC':
      return failure('file_unwritable', { path, problem: 'the disk is full' }, cause);
    default:
      return code?.startsWith('E') === true ? failure('file_unwritable', { path, problem: code }, cause) : error;
  }
}
