import { createReadStream } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { failure, PicketError } from '@picket/shared/errors.ts';
import { syncDirectory } from '../authority/whole-file.ts';
import { readArchive } from '../backup/archive.ts';
import { askForBackup } from '../backup/backup-socket.ts';
import { withBackup } from '../backup/make-backup.ts';
import type { Manifest } from '../backup/manifest.ts';
import type { Config } from '../config.ts';
import { copyStoppedDatabase } from '../inventory/copy-database.ts';
import { placesIn, requireInitialised } from '../open-coordinator.ts';

export interface BackupOptions {
  readonly config: Config;
  readonly configFile: string;
  /** Where to; `-` for `stdout`. */
  readonly file: string;
  readonly stdout: Writable;
  readonly now: () => number;
}

/**
 * Writes a backup: by the coordinator that serves this data dir, or, where none does, of what lies there. A file is there
 * whole or not at all, fsynced, mode 0600, and was read back; one that is there is left alone. null for `-`, where what
 * comes of it is not this command's to see.
 * Throws `backup_exists`, `backup_not_written`, `backup_damaged`, `not_initialised`, `inventory_locked` and the like.
 */
export async function backup(options: BackupOptions): Promise<Manifest | null> {
  const { file, config, stdout } = options;
  await requireInitialised(config.dataDir);
  if (file !== '-') return writeFile(resolve(file), options);
  await translated('-', () => withContent(options, (content) => pipeline(content, stdout, { end: false })));
  return null;
}

/** Hands over the archive, as the coordinator that serves sends it, or as it was made here. */
async function withContent(
  { config, configFile, now }: BackupOptions,
  use: (content: Readable) => Promise<void>,
): Promise<void> {
  const { dataDir } = config;
  const served = await askForBackup(dataDir);
  if (served !== null) return use(served);
  const copyStore = (path: string): Promise<void> => copyStoppedDatabase(placesIn(dataDir).database, path);
  await withBackup({ dataDir, configFile, copyStore, now }, (archive) => use(createReadStream(archive)));
}

async function writeFile(path: string, options: BackupOptions): Promise<Manifest> {
  // The name is taken first, so that it is nobody else's when the whole file gets it.
  const claim = await open(path, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'EEXIST' ? failure('backup_exists', { path }, { cause: error }) : notWritten(path, error);
  });
  const beside = `${path}.part`;
  try {
    await claim.close();
    await rm(beside, { force: true });
    return await translated(path, async () => {
      const handle = await open(beside, 'wx', 0o600);
      await withContent(options, (content) => pipeline(content, handle.createWriteStream({ flush: true })));
      const manifest = await readArchive(beside);
      await rename(beside, path);
      await syncDirectory(dirname(path));
      return manifest;
    });
  } catch (error) {
    await rm(beside, { force: true });
    await rm(path, { force: true });
    throw error;
  }
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
    ECONNRESET: 'the coordinator broke it off: it ended, or nothing was read for a minute',
  };
  const problem = causes[error.code ?? ''] ?? error.message;
  return failure('backup_not_written', { path, problem }, { cause: error });
}
