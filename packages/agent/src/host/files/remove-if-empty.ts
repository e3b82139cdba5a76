import { rmdir } from 'node:fs/promises';
import { codeOf, writeFailure } from '../file-failure.ts';

/** Removes a folder if it is empty. */
export async function removeIfEmpty(folder: string): Promise<void> {
  try {
    await rmdir(folder);
  } catch (error) {
    if (!['ENOTEMPTY', 'EEXIST', 'ENOENT', 'EBUSY'].includes(codeOf(error) ?? '')) throw writeFailure(folder, error);
  }
}
