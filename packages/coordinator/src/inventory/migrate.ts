import { failure } from '@picket/shared/errors.ts';
import type Sqlite from 'better-sqlite3';
import type { Kysely } from 'kysely';
import { Migrator } from 'kysely/migration';
import { migrations } from './migrations/all.ts';

/**
 * Migrates the database to the newest schema, completely or not at all. Before it changes anything, it throws
 * `inventory_newer` for the store of a newer version, and `inventory_unreleased` for one from before the first release.
 */
export async function migrate(database: Sqlite.Database, db: Kysely<unknown>, path: string): Promise<void> {
  const unknown = executedIn(database).find((name) => migrations[name] === undefined);
  if (unknown !== undefined) {
    const [first = ''] = Object.keys(migrations);
    throw unknown < first
      ? failure('inventory_unreleased', { path })
      : failure('inventory_newer', { path, migration: unknown });
  }
  const { error } = await migratorOn(db).migrateToLatest();
  if (error !== undefined) throw error;
}

/** Migrates a database up to this migration: for a comparison with a store of an earlier version. */
export async function migrateTo(db: Kysely<unknown>, last: string): Promise<void> {
  const { error } = await migratorOn(db).migrateTo(last);
  if (error !== undefined) throw error;
}

function migratorOn(db: Kysely<unknown>): Migrator {
  return new Migrator({ db, provider: { getMigrations: async () => ({ ...migrations }) } });
}

/** The names of the migrations that the database has run, in order. */
export function executedIn(database: Sqlite.Database): string[] {
  const table = database
    .prepare("select 1 from sqlite_master where type = 'table' and name = 'kysely_migration'")
    .get();
  if (table === undefined) return [];
  const migrated = database.prepare<[], { name: string }>('select name from kysely_migration order by name');
  return migrated.all().map(({ name }) => name);
}
