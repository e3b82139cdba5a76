import { createReadStream } from 'node:fs';
import { resolve } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { failure, PicketError } from '@picket/shared/errors.ts';
import { createWhole } from '@picket/shared/whole-file.ts';
import { Custody, loadControlAuthority } from '../authority/custody.ts';
import { readPassphrase } from '../authority/passphrase.ts';
import { readArchive } from '../backup/archive.ts';
import { askForBackup } from '../backup/backup-socket.ts';
import { withBackup } from '../backup/make-backup.ts';
import type { ReadManifest } from '../backup/manifest.ts';
import { wholeIsEnough } from '../backup/manifest-mac.ts';
import type { Config } from '../config/config.ts';
import { placesIn, requireInitialised } from '../files/data-dir.ts';
import { exists } from '../files/exists.ts';
import { requireOwnFolder } from '../files/own-folder.ts';
import { copyStoppedDatabase } from '../inventory/copy-database.ts';

export interface BackupOptions {
  readonly config: Config;
  readonly configFile: string;
  /** The target file; `-` for `stdout`. */
  readonly file: string;
  readonly stdout: Writable;
  readonly now: () => number;
}

/**
 * Writes a backup: by the coordinator that serves this data dir or, if none does, from the files. The file is complete
 * or does not exist, fsynced, mode 0600, and was read back; an existing file stays unchanged. null for `-`, since this
 * command cannot check what becomes of the stream. Throws `backup_exists`, `backup_not_written`, `backup_damaged`,
 * `not_initialised`, `inventory_locked`, `inventory_altered` and the like.
 */
export async function backup(options: BackupOptions): Promise<ReadManifest | null> {
  const { file, config, stdout } = options;
  requireInitialised(config.dataDir);
  if (file !== '-') return writeFile(resolve(file), options);
  await translated('-', () => withContent(options, (content) => pipeline(content, stdout, { end: false })));
  return null;
}

/** What to store apart from a backup, in one line. Pure. */
export function notInBackup({ passphraseFile, snapshotStore, backup }: Config): string {
  const passphrase = `the passphrase ${passphraseFile}, without which its keys cannot be used`;
  const ofTargets = (backup?.targets ?? []).flatMap(({ s3 }) => s3?.credentialsFile ?? []);
  const files = [
    ...new Set([snapshotStore?.credentialsFile ?? [], snapshotStore?.ageIdentityFile ?? [], ofTargets].flat()),
  ];
  if (files.length === 0) return `not in it: ${passphrase}; store a copy of that in another place`;
  const copies = ['both', 'all three', 'all four'][files.length - 1] ?? 'all of them';
  const named = `the file${files.length === 1 ? '' : 's'} ${files.join(' and ')}`;
  return `not in it: ${passphrase}, and ${named}, without which nothing in the stores can be read; store copies of ${copies} in another place`;
}

/** Passes on the archive, from the coordinator that serves or made here. */
async function withContent(
  { config, configFile, now }: BackupOptions,
  use: (content: Readable) => Promise<void>,
): Promise<void> {
  const { dataDir } = config;
  const served = await askForBackup(dataDir);
  if (served !== null) return use(served);
  await requireOwnFolder(dataDir);
  const { authority, database } = placesIn(dataDir);
  const custody = new Custody(authority, await readPassphrase(config.passphraseFile));
  // A backup under another passphrase than that of its keys would be refused when it is needed.
  await loadControlAuthority(custody);
  const copyStore = (path: string): Promise<void> => copyStoppedDatabase(database, path);
  await withBackup({ config, custody, configFile, copyStore, now }, (archive) => use(createReadStream(archive)));
}

/** Under another name until it is whole: a hard link then gives it its name and replaces nothing. */
async function writeFile(path: string, options: BackupOptions): Promise<ReadManifest> {
  // Before it is made, which takes time.
  if (await exists(path)) throw failure('backup_exists', { path });
  const fill = async (write: (octets: Uint8Array) => Promise<void>, part: string) => {
    await withContent(options, async (content) => {
      for await (const chunk of content as AsyncIterable<Buffer>) await write(chunk);
    });
    return readArchive(part, wholeIsEnough);
  };
  return translated(path, () => createWhole(path, fill, { explain }));
}

/** The error of a file that could not be made here. */
export function backupFileProblem(path: string, error: NodeJS.ErrnoException): PicketError {
  const explained = explain(error);
  return explained instanceof PicketError ? explained : notWritten(path, error);
}

/** Of a link, the error names both paths. */
function explain(error: NodeJS.ErrnoException & { readonly dest?: string }): Error {
  const { code, path = '', dest = path } = error;
  return code === 'EEXIST' ? failure('backup_exists', { path: dest }, { cause: error }) : error;
}

async function translated<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof PicketError ? error : notWritten(path, error as NodeJS.ErrnoException);
  }
}

function notWritten(path: string, error: NodeJS.ErrnoException): PicketError {
  const causes: Readonly<Record<string, string>> = {
    ENOENT: 'its folder does not exist',
    EACCES: 'this user may not write there',
    ENOSPC: 'the disk is full',
    EROFS: 'the disk is read-only',
    EPERM: 'this file system has no hard links, which this command needs; write the backup elsewhere and copy it there',
    ECONNRESET: 'the coordinator closed the connection: it stopped, or this command read nothing for a minute',
  };
  const problem = causes[error.code ?? ''] ?? error.message;
  return failure('backup_not_written', { path, problem }, { cause: error });
}
