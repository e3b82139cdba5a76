import { failure } from '@picket/shared/errors.ts';
import { type Kysely, sql } from 'kysely';
import { Migrator } from 'kysely/migration';
import { migrations } from './migrations/all.ts';

/**
 * Migrates the database to the newest schema, completely or not at all. Before it changes anything, it throws
 * `inventory_newer` for the store of a newer version, and `inventory_unreleased` for one from before the first release.
 */
export async function migrate(db: Kysely<unknown>, path: string): Promise<void> {
  const unknown = (await executed(db)).find((name) => migrations[name] === undefined);
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

async function executed(db: Kysely<unknown>): Promise<string[]> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true });
  if (!tables.some((table) => table.name === 'kysely_migration')) return [];
  const { rows } = await sql<{ name: string }>`select name from kysely_migration order by name`.execute(db);
  return rows.map((row) => row.name);
}
