import { constants } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { failure } from '@picket/shared/errors.ts';
import { codeOf, writeFailure } from './file-failure.ts';
import type { EtcdUnit, HostFiles, NamedOwner } from './host.ts';

/** Of etcd's log folder, whoever makes it. etcd makes the files in it readable by itself alone. */
export const logFolderMode = 0o755;

const largestConsole = 1024 * 1024;

/**
 * Sees to it that etcd can write and rotate its log: where it may not it goes on without a log and says so nowhere. A
 * folder that is missing is made as etcd's. Throws `path_not_writable`.
 */
export async function ensureLogFolder(
  files: Pick<HostFiles, 'ensureFolder'>,
  { logFile, owner }: Pick<EtcdUnit, 'logFile' | 'owner'>,
): Promise<void> {
  const folder = dirname(logFile);
  await files.ensureFolder(folder, logFolderMode, owner);
  if (owner === null || mayWrite(await stat(folder), owner)) return;
  throw failure('path_not_writable', {
    path: logFile,
    problem: `the user ${owner.user}, as whom etcd runs, may not write in ${folder}`,
    remedy: `Give etcd a log folder of its own: chown ${owner.user}:${owner.group} ${folder}.`,
  });
}

/**
 * Opens the console for what etcd is about to say; one of more than a MiB is begun anew. It never follows a link, nor
 * writes to a file that has another name too: the folder is etcd's, and whoever starts it may be root. Nor does it wait
 * at a pipe. Throws `path_not_writable`, `disk_full`.
 */
export async function openConsole(path: string): Promise<FileHandle> {
  const { O_WRONLY, O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants;
  let file: FileHandle | undefined;
  try {
    file = await open(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o640);
    const found = await file.stat();
    if (!found.isFile()) throw unfit(path, notAFile);
    if (found.nlink > 1) throw unfit(path, 'it has another name too (a hard link)');
    if (found.size > largestConsole) await file.truncate(0);
    return file;
  } catch (error) {
    await file?.close();
    // A pipe that nobody reads, or a socket.
    throw codeOf(error) === 'ENXIO' ? unfit(path, notAFile) : writeFailure(path, error);
  }
}

const notAFile = 'it is not a regular file';

function unfit(path: string, problem: string): Error {
  return failure('path_not_writable', { path, problem, remedy: 'Move away what stands there.' });
}

function mayWrite(folder: { readonly uid: number; readonly gid: number; readonly mode: number }, etcd: NamedOwner) {
  if (etcd.uid === 0) return true;
  const needed = folder.uid === etcd.uid ? 0o300 : folder.gid === etcd.gid ? 0o030 : 0o003;
  return (folder.mode & needed) === needed;
}
