import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { codeOf } from './file-failure.ts';

const mostBytes = 64 * 1024;

/**
 * The start of a file that somebody else made, by a path that somebody else wrote: at most 64 KiB, and never of a pipe or a device,
 * which might not end. Follows links. null if there is none, undefined if this user cannot read it.
 */
export async function readSmall(path: string): Promise<string | null | undefined> {
  try {
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      if (!(await file.stat()).isFile()) return undefined;
      const { buffer, bytesRead } = await file.read(Buffer.alloc(mostBytes), 0, mostBytes, 0);
      return buffer.toString('utf8', 0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (error) {
    return codeOf(error) === 'ENOENT' ? null : undefined;
  }
}
