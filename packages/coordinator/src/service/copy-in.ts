import { chmod, cp, mkdir, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncToDisk } from '@picket/shared/whole-file.ts';
import { run } from './run.ts';

/** Copies a file or a folder over another: what is at `to` is never a part of it, though for a moment it can be missing. */
export async function copyIn(from: string, to: string, mode: number | null = null): Promise<void> {
  const [beside, former] = [`${to}.new`, `${to}.former`];
  await mkdir(dirname(to), { recursive: true });
  await rm(beside, { recursive: true, force: true });
  await cp(from, beside, { recursive: true });
  if (mode !== null) await chmod(beside, mode);
  // Of all that was written: a folder has many files.
  await run('sync', []);
  await rm(former, { recursive: true, force: true });
  // A rename replaces no folder that has files.
  await rename(to, former).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
  await rename(beside, to);
  await rm(former, { recursive: true, force: true });
  await syncToDisk(dirname(to));
}
