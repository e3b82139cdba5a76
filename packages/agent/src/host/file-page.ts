import { constants } from 'node:fs';
import { nullIfNoFile, readPart, unfollowed } from './read-part.ts';

/** How far a reader has come in a file. */
export interface FilePlace {
  readonly inode: number;
  readonly offset: number;
}

/** Whole lines of a file, oldest first. */
interface FilePage {
  readonly lines: readonly string[];
  /** After the last of them. */
  readonly end: FilePlace;
  /** There is more before these lines: the file has more than a page, or was rotated since the reader was here. */
  readonly skips: boolean;
  /** When the file was last written, in milliseconds since the epoch. */
  readonly writtenAt: number;
}

/** What is read at once: an agent's memory is small. */
export const pageBytes = 512 * 1024;

/**
 * The newest page of a file, or the one after a place. null if there is no such file, or if it is no regular file with one name:
 * the folder may belong to etcd's user, and through a link another file's content would leave the machine (R11).
 *
 * @param isOwnOutput the path is that of an open file of this process, which may be reached by no other
 */
export async function filePage(path: string, after: FilePlace | null, isOwnOutput = false): Promise<FilePage | null> {
  const page = await readPart(path, isOwnOutput ? constants.O_RDONLY : unfollowed, (found) => {
    if (!found.isFile() || found.nlink > 1) return null;
    const goesOn = after === null || (after.inode === found.ino && after.offset <= found.size);
    const wanted = after !== null && goesOn ? after.offset : 0;
    const start = Math.max(wanted, found.size - pageBytes);
    return { start, length: found.size - start, wanted, skips: !goesOn || start > wanted };
  }).catch(nullIfNoFile);
  if (page === null) return null;
  const { start, wanted, skips, octets, found } = page;
  // The first line is not whole where reading began in the middle of it, nor is the last one while it is being written.
  const first = start === wanted ? 0 : octets.indexOf('\n') + 1;
  const last = octets.lastIndexOf('\n') + 1;
  const lines = last > first ? octets.toString('utf8', first, last - 1).split('\n') : [];
  return { lines, end: { inode: found.ino, offset: start + last }, skips, writtenAt: found.mtimeMs };
}
