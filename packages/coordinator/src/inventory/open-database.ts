import { chmodSync, closeSync, existsSync, fsyncSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { failure } from '@picket/shared/errors.ts';
import Sqlite from 'better-sqlite3';
import { storageFailure } from './sqlite-errors.ts';

// "PKT1" in the header of the file tells it from the databases of other programs.
export const applicationId = 0x504b5431;
// The only wait is at the start: afterwards the lock is held until the end.
const busyTimeoutMs = 1000;

/**
 * Opens or makes the database file, mode 0600, for this process alone: a second process gets `inventory_locked`, and
 * the lock ends with the process in any case. Committed means fsynced (R12). Throws `inventory_foreign` for another
 * kind of file and `inventory_unusable` for one that cannot be used.
 */
export function openDatabase(path: string): Sqlite.Database {
  makeFile(path);
  let database: Sqlite.Database | undefined;
  try {
    database = new Sqlite(path, { timeout: busyTimeoutMs });
    configure(database, path);
    return database;
  } catch (error) {
    database?.close();
    throw storageFailure(error, path);
  }
}

function configure(database: Sqlite.Database, path: string): void {
  // Before the journal mode: a WAL that was exclusive from the first access on needs no shared memory file.
  database.pragma('locking_mode = EXCLUSIVE');
  database.pragma('journal_mode = WAL');
  // better-sqlite3 is built to open WAL databases with NORMAL, which loses the last commits in a power cut.
  database.pragma('synchronous = FULL');
  database.pragma('foreign_keys = ON');
  database.pragma('trusted_schema = OFF');
  // The first write takes the lock, so a second process learns it now and not at its first change.
  database.exec('begin immediate');
  const found = database.pragma('application_id', { simple: true });
  if (found !== applicationId) {
    if (found !== 0 || database.prepare('select count(*) from sqlite_master').pluck().get() !== 0) {
      throw failure('inventory_foreign', { path, problem: 'it is an SQLite database of another program' });
    }
    database.pragma(`application_id = ${applicationId}`);
  }
  database.exec('commit');
}

function makeFile(path: string): void {
  try {
    const isNew = !existsSync(path);
    closeSync(openSync(path, 'a', 0o600));
    // SQLite gives its WAL the mode of the database.
    chmodSync(path, 0o600);
    if (isNew) syncDirectory(dirname(path));
  } catch (error) {
    throw failure('inventory_unusable', { path, problem: problemOf(error) }, { cause: error });
  }
}

function syncDirectory(path: string): void {
  const handle = openSync(path, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

const problems: Readonly<Record<string, string>> = {
  ENOENT: 'its folder does not exist',
  EACCES: 'this process may not write it',
  EPERM: 'this process may not write it',
  EROFS: 'the disk is read-only',
  ENOSPC: 'the disk is full',
  EISDIR: 'it is a folder',
};

function problemOf(error: unknown): string {
  const { code = 'unknown cause' } = error as NodeJS.ErrnoException;
  return problems[code] ?? `it cannot be opened (${code})`;
}
