import { constants } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { failure } from '@picket/shared/errors.ts';
import { codeOf, writeFailure } from './file-failure.ts';
import type { EtcdUnit, HostFiles } from './host.ts';
import { hasBits } from './users.ts';

/** The mode of etcd's log folder, whichever program makes it. etcd makes the log files readable only for itself. */
export const logFolderMode = 0o755;

const largestConsole = 1024 * 1024;

/** The file for etcd's standard output and error, beside its log: `etcd-console.log` for `etcd.log`. */
export function consoleFileOf(logFile: string): string {
  const extension = extname(logFile);
  return join(dirname(logFile), `${basename(logFile, extension)}-console${extension}`);
}

/**
 * Ensures that etcd can write and rotate its log: otherwise etcd goes on without a log and does not say so. Makes a
 * missing folder, owned by etcd's user. Throws `path_not_writable`.
 */
export async function ensureLogFolder(
  files: Pick<HostFiles, 'ensureFolder'>,
  { logFile, owner }: Pick<EtcdUnit, 'logFile' | 'owner'>,
): Promise<void> {
  const folder = dirname(logFile);
  await files.ensureFolder(folder, logFolderMode, owner);
  if (owner === null || owner.uid === 0 || hasBits(await stat(folder), owner, 0o3)) return;
  throw failure('path_not_writable', {
    path: logFile,
    problem: `the user ${owner.user}, who runs etcd, may not write in ${folder}`,
    remedy: `Give etcd a log folder of its own: chown ${owner.user}:${owner.group} ${folder}.`,
  });
}

/**
 * Opens the console file for etcd's output; a file of more than a MiB is started again. Never follows a link and never
 * writes to a file with a second name: the folder belongs to etcd's user, and the agent may be root. Never waits at a
 * pipe. Throws `path_not_writable`, `disk_full`.
 */
export async function openConsole(path: string): Promise<FileHandle> {
  const { O_WRONLY, O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants;
  let file: FileHandle | undefined;
  try {
    file = await open(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o640);
    const found = await file.stat();
    if (!found.isFile()) throw unfit(path, notAFile);
    if (found.nlink > 1) throw unfit(path, 'it has a second name (a hard link)');
    if (found.size > largestConsole) await file.truncate(0);
    return file;
  } catch (error) {
    await file?.close();
    // A pipe without a reader, or a socket.
    throw codeOf(error) === 'ENXIO' ? unfit(path, notAFile) : writeFailure(path, error);
  }
}

const notAFile = 'it is not a regular file';

function unfit(path: string, problem: string): Error {
  return failure('path_not_writable', { path, problem, remedy: 'Move it away.' });
}
