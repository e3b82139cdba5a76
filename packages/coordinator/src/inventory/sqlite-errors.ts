import { failure } from '@picket/shared/errors.ts';
import Sqlite from 'better-sqlite3';

const causes: Readonly<Record<string, string>> = {
  SQLITE_FULL: 'the disk is full',
  SQLITE_READONLY: 'it is read-only',
  SQLITE_PERM: 'this process may not open it',
  SQLITE_AUTH: 'this process may not open it',
  SQLITE_CANTOPEN: 'it cannot be opened',
  SQLITE_IOERR: 'reading or writing failed',
  SQLITE_CORRUPT: 'it is damaged',
};

/**
 * Turns SQLite's error about the file into one that an operator can act on: `inventory_locked`, `inventory_foreign` or
 * `inventory_unusable`. Any other error comes back unchanged: it is a mistake in a statement.
 */
export function storageFailure(error: unknown, path: string): unknown {
  if (!(error instanceof Sqlite.SqliteError)) return error;
  const code = /^SQLITE_[A-Z]+/.exec(error.code)?.[0] ?? error.code;
  if (code === 'SQLITE_BUSY' || code === 'SQLITE_LOCKED')
    return failure('inventory_locked', { path }, { cause: error });
  if (code === 'SQLITE_NOTADB') {
    return failure('inventory_foreign', { path, problem: 'it is not an SQLite database' }, { cause: error });
  }
  const problem = causes[code];
  return problem === undefined ? error : failure('inventory_unusable', { path, problem }, { cause: error });
}

/** True if a statement was refused because a row with this key exists. */
export function isDuplicate(error: unknown): boolean {
  return (
    error instanceof Sqlite.SqliteError &&
    (error.code === 'SQLITE_CONSTRAINT_UNIQUE' || error.code === 'SQLITE_CONSTRAINT_PRIMARYKEY')
  );
}
