import { mkdir, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type FileToWrite, putInPlace, syncToDisk, writeSynced } from '@picket/shared/whole-file.ts';

/**
 * Writes a file whole (R9): a reader, or a process after a power cut, finds either the old content or the new one. One writer
 * at a time.
 */
export function writeWholeFile(file: FileToWrite): Promise<void> {
  const remove = (beside: string) => rm(beside, { force: true });
  return putWhole(file.path, remove, (beside) => writeSynced({ ...file, path: beside }));
}

/** The text of a file; null if it is missing. */
export async function readIfThere(path: string): Promise<string | null> {
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
}

/**
 * Makes a folder (0700) with these files, named within it, in one rename: it exists with all of them or not at all
 * (R9), so a certificate is never without its key. Throws the ENOTEMPTY of `rename` if the folder exists.
 */
export async function writeWholeDirectory(path: string, files: readonly FileToWrite[]): Promise<void> {
  await makePrivateDirectory(dirname(path));
  const remove = (beside: string) => rm(beside, { recursive: true, force: true });
  await putWhole(path, remove, async (beside) => {
    await mkdir(beside, { mode: 0o700 });
    for (const file of files) await writeSynced({ ...file, path: join(beside, file.path) });
    await syncToDisk(beside);
  });
}

type OnPath = (path: string) => Promise<void>;

async function putWhole(path: string, remove: OnPath, stage: OnPath): Promise<void> {
  const beside = `${path}.new`;
  await remove(beside);
  try {
    await stage(beside);
    await putInPlace(beside, path);
  } catch (error) {
    await remove(beside);
    throw error;
  }
}

/** Makes a folder (0700) and its missing parents, so that they survive a power cut. */
export async function makePrivateDirectory(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  for (let made = path; ; made = dirname(made)) {
    await syncToDisk(dirname(made));
    if (made === first || made === dirname(made)) return;
  }
}
