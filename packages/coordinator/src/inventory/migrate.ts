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
  const migrator = new Migrator({ db, provider: { getMigrations: async () => ({ ...migrations }) } });
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) throw error;
}

async function executed(db: Kysely<unknown>): Promise<string[]> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true });
  if (!tables.some((table) => table.name === 'kysely_migration')) return [];
  const { rows } = await sql<{ name: string }>`select name from kysely_migration order by name`.execute(db);
  return rows.map((row) => row.name);
}
