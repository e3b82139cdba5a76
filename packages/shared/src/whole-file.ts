import { constants, link, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/** A file as it is to be. */
export interface FileToWrite {
  readonly path: string;
  readonly content: string | Uint8Array;
  /** Permission bits, whatever the umask; 0600 by default. */
  readonly mode?: number;
  /** null, the default: the user that runs this program. */
  readonly owner?: { readonly uid: number; readonly gid: number } | null;
}

/**
 * Writes a file that does not exist, and follows no link. It is on the disk when this resolves. Only the user of this program
 * has rights until the file is whole: it may be a private key. A failure may leave a part of it.
 */
export async function writeSynced({ path, content, mode = 0o600, owner = null }: FileToWrite): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(content);
    if (owner !== null) await file.chown(owner.uid, owner.gid);
    await file.chmod(mode);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Gives what is synced its name, in one rename that survives a power cut (R9). */
export async function putInPlace(beside: string, path: string): Promise<void> {
  await rename(beside, path);
  await syncToDisk(dirname(path));
}

/** Makes the content of a file, or the names in a folder, survive a power cut. */
export async function syncToDisk(path: string): Promise<void> {
  // A FIFO that somebody has put there is opened at once too, and cannot be synced.
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

export interface Creation {
  /** `rename` replaces an existing file; a link, which is the default, replaces none: it throws EEXIST. */
  readonly put?: typeof rename;
  /** What to throw for an error of the file system. */
  readonly explain?: (error: NodeJS.ErrnoException) => unknown;
}

/**
 * Creates a file that only its owner can read, from parts: whole and on the disk, or not at all (R9). Until then it is
 * `PATH.part`, which must not exist. Throws what `fill` throws.
 */
export async function createWhole<Result>(
  path: string,
  fill: (write: (octets: Uint8Array) => Promise<void>, part: string) => Promise<Result>,
  { put = link, explain = (error) => error }: Creation = {},
): Promise<Result> {
  const explained = (error: NodeJS.ErrnoException): never => {
    throw explain(error);
  };
  const part = `${path}.part`;
  const file = await open(part, 'wx', 0o600).catch(explained);
  let result: Result;
  try {
    result = await fill((octets) => file.writeFile(octets).catch(explained), part);
    await file.sync().catch(explained);
    await put(part, path).catch(explained);
  } catch (error) {
    await file.close();
    // Why it failed counts, and not why its part cannot be removed.
    await rm(part, { force: true }).catch(() => undefined);
    throw error;
  }
  await file.close();
  await rm(part, { force: true }).catch(explained);
  await syncToDisk(dirname(path)).catch((error: NodeJS.ErrnoException) => {
    // Who may write in a folder that he cannot read has no way to sync it.
    if (error.code !== 'EACCES') explained(error);
  });
  return result;
}
