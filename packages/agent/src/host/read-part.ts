import { constants, type Stats } from 'node:fs';
import { open } from 'node:fs/promises';
import { codeOf } from './file-failure.ts';

const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;

/**
 * Opens a file without following a link and without waiting at a pipe: root also reads in folders of etcd's user, and
 * through a link the content of another file would leave the machine (R11).
 */
export const unfollowed = O_RDONLY | O_NOFOLLOW | O_NONBLOCK;

interface Part {
  readonly start: number;
  readonly length: number;
}

/**
 * Reads one part of a file. Resolves to null if `partOf` does. Rejects as the file system does.
 *
 * @param flags as of open(2)
 * @param partOf the part, chosen by what the open file is; null to read nothing of it
 */
export async function readPart<Of extends Part>(path: string, flags: number, partOf: (found: Stats) => Of | null) {
  const file = await open(path, flags);
  try {
    const found = await file.stat();
    const part = partOf(found);
    if (part === null) return null;
    const { buffer, bytesRead } = await file.read(Buffer.alloc(part.length), 0, part.length, part.start);
    return { ...part, found, octets: buffer.subarray(0, bytesRead) };
  } finally {
    await file.close();
  }
}

/** For `catch`: null if a path names no file that {@link readPart} could open; throws any other error. */
export function nullIfNoFile(error: unknown): null {
  if (['ENOENT', 'ELOOP', 'ENXIO'].includes(codeOf(error) ?? '')) return null;
  throw error;
}

const mostBytes = 64 * 1024;

/**
 * The start of a file that somebody else made, by a path that somebody else wrote: at most 64 KiB, and never of a pipe or a device,
 * which might not end. Follows links. null if there is none, undefined if this user cannot read it.
 */
export async function readSmall(path: string): Promise<string | null | undefined> {
  try {
    const part = await readPart(path, O_RDONLY | O_NONBLOCK, (found) => startOf(found, mostBytes));
    return part?.octets.toString('utf8');
  } catch (error) {
    return codeOf(error) === 'ENOENT' ? null : undefined;
  }
}

/** The first bytes of a regular file. */
export function startOf(found: Stats, length: number): Part | null {
  return found.isFile() ? { start: 0, length } : null;
}
