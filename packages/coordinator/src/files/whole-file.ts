import { constants } from 'node:fs';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';

export interface WholeFile {
  readonly path: string;
  readonly content: string;
  /** 0600 by default. */
  readonly mode?: number;
}

/**
 * Writes a file whole (R9): a reader, or a process after a power cut, finds either the old content or the new one.
 * Written beside the target, fsynced, renamed, the folder fsynced. One writer at a time.
 */
export async function writeWholeFile(file: WholeFile): Promise<void> {
  await inOneRename(file.path, (beside) => writeSynced({ ...file, path: beside }));
}

/** The text of a file; null if it is missing. */
export async function readIfThere(path: string): Promise<string | null> {
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
}

/** Gives what is synced its name, in one rename that survives a power cut (R9). */
export async function putInPlace(beside: string, path: string): Promise<void> {
  await rename(beside, path);
  await syncDirectory(dirname(path));
}

/**
 * Makes a folder (0700) with these files, named within it, in one rename: it exists with all of them or not at all
 * (R9), so a certificate is never without its key. Throws the ENOTEMPTY of `rename` if the folder exists.
 */
export async function writeWholeDirectory(path: string, files: readonly WholeFile[]): Promise<void> {
  await makePrivateDirectory(dirname(path));
  await inOneRename(path, async (beside) => {
    await mkdir(beside, { mode: 0o700 });
    for (const file of files) await writeSynced({ ...file, path: join(beside, file.path) });
    await syncDirectory(beside);
  });
}

async function inOneRename(path: string, write: (beside: string) => Promise<void>): Promise<void> {
  const beside = `${path}.new`;
  const clear = () => rm(beside, { recursive: true, force: true });
  await clear();
  try {
    await write(beside);
    await putInPlace(beside, path);
  } catch (error) {
    await clear();
    throw error;
  }
}

/** Makes a folder (0700) and its missing parents, so that they survive a power cut. */
export async function makePrivateDirectory(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  for (let made = path; ; made = dirname(made)) {
    await syncDirectory(dirname(made));
    if (made === first || made === dirname(made)) return;
  }
}

/** Makes what was created, renamed or removed in a folder survive a power cut. */
export async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function writeSynced(file: WholeFile): Promise<void> {
  const handle = await open(file.path, 'wx', file.mode ?? 0o600);
  try {
    await handle.writeFile(file.content);
    await handle.sync();
  } finally {
    await handle.close();
  }
}
