import { statfs } from 'node:fs/promises';

const mebibyte = 1024 * 1024;

/** Stays free for the database, which is on the same disk. */
export const reserveBytes = 128 * mebibyte;

/** How much users other than root can still write below a path. */
export async function freeBytesOf(path: string): Promise<number> {
  const { bavail, bsize } = await statfs(path);
  return bavail * bsize;
}

export function inMiB(bytes: number): number {
  return Math.floor(bytes / mebibyte);
}
