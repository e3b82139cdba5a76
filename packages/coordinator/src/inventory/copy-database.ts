import { failure } from '@picket/shared/errors.ts';
import type { AuditHead } from '@picket/shared/protocol/audit.ts';
import Sqlite from 'better-sqlite3';
import { applicationId, openDatabase } from './open-database.ts';
import { requireOwnSchema } from './require-own-schema.ts';
import { storageFailure } from './sqlite-errors.ts';

/** Copies the store of a stopped coordinator as it is, without migrating it. Throws as `openInventory` does. */
export async function copyStoppedDatabase(from: string, to: string): Promise<void> {
  const database = openDatabase(from);
  try {
    await database.backup(to);
  } catch (error) {
    throw storageFailure(error, to);
  } finally {
    database.close();
  }
}

/**
 * Makes one file of a fresh copy, and checks that it is whole and a store of Picket and nothing more. Throws
 * `inventory_unusable`, `inventory_foreign`, `inventory_altered`, `inventory_newer`.
 *
 * @param source where the copy is from, for the errors
 */
export async function sealCopy(
  path: string,
  source = path,
): Promise<{ readonly inventory: string; readonly auditHead: AuditHead | null }> {
  let database: Sqlite.Database | undefined;
  try {
    database = new Sqlite(path, { fileMustExist: true });
    database.pragma('trusted_schema = OFF');
    database.pragma('synchronous = FULL');
    database.pragma('journal_mode = DELETE');
    if (database.pragma('application_id', { simple: true }) !== applicationId) {
      throw failure('inventory_foreign', { path: source, problem: 'it is an SQLite database of another program' });
    }
    await requireOwnSchema(database, source);
    if (database.pragma('quick_check', { simple: true }) !== 'ok') {
      throw failure('inventory_unusable', { path: source, problem: 'it is damaged' });
    }
    const row = database.prepare<[], { value: string }>("select value from properties where name = 'inventory'").get();
    if (row === undefined) throw failure('inventory_unusable', { path: source, problem: 'it has no inventory ID' });
    return { inventory: row.value, auditHead: auditHeadOf(database) };
  } catch (error) {
    throw storageFailure(error, source);
  } finally {
    database?.close();
  }
}

/** null without entries, and for a store of a version that kept no audit log. */
function auditHeadOf(database: Sqlite.Database): AuditHead | null {
  const table = database.prepare("select 1 from sqlite_master where type = 'table' and name = 'audit'").get();
  if (table === undefined) return null;
  const newest = database.prepare<[], AuditHead>('select number, hash from audit order by number desc limit 1');
  return newest.get() ?? null;
}
