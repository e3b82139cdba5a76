import { statfs } from 'node:fs/promises';

const mebibyte = 1024 * 1024;

/** Stays free for the database, which is on the same disk. */
export const reserveBytes = 128 * mebibyte;

/** How much users other than root can still write below a path. */
export async function freeBytesOf(path: string): Promise<number> {
  const { bavail, bsize } = await statfs(path);
  return bavail * bsize;
}

/** What an error says of a disk that has no room for so many bytes more; null if it has. */
export async function lackOf(bytes: number, folder: string, freeBytes: typeof freeBytesOf) {
  const free = await freeBytes(folder);
  return free - bytes >= reserveBytes ? null : lackFacts(folder, free);
}

/** The same once so few bytes are free. */
export function lackFacts(folder: string, free: number) {
  return { folder, freeMiB: inMiB(free), reserveMiB: inMiB(reserveBytes) };
}

export function inMiB(bytes: number): number {
  return Math.floor(bytes / mebibyte);
}
