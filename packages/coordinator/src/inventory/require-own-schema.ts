import { failure } from '@picket/shared/errors.ts';
import Sqlite from 'better-sqlite3';
import { Kysely } from 'kysely';
import { executedIn, migrateTo } from './migrate.ts';
import { migrations } from './migrations/all.ts';
import { InventoryDialect } from './sqlite-dialect.ts';

interface Item {
  readonly type: string;
  readonly name: string;
  readonly of: string;
  readonly sql: string | null;
}

/** By kind and name, such as `trigger audit_never_changes`: what the database says of it. */
type Objects = ReadonlyMap<string, string>;

/**
 * Refuses a store that holds other tables, views, triggers or indexes than its migrations make. A trigger that somebody put into
 * a backup would act as soon as the restored coordinator writes. Compares what SQLite has read of the schema and, of triggers,
 * their text; a comparison of all texts would refuse what another version of a library has written for the same migration.
 * Throws `inventory_altered` and, for migrations that this version does not know, `inventory_newer`.
 */
export async function requireOwnSchema(database: Sqlite.Database, path: string): Promise<void> {
  const executed = executedIn(database);
  const unknown = executed.find((name) => migrations[name] === undefined);
  if (unknown !== undefined) throw failure('inventory_newer', { path, migration: unknown });
  const problem = differenceOf(objectsIn(database), await objectsAfter(executed.at(-1)));
  if (problem !== null) throw failure('inventory_altered', { path, problem });
}

async function objectsAfter(last: string | undefined): Promise<Objects> {
  const database = new Sqlite(':memory:');
  const db = new Kysely<unknown>({ dialect: new InventoryDialect(database, ':memory:') });
  try {
    if (last !== undefined) await migrateTo(db, last);
    return objectsIn(database);
  } finally {
    await db.destroy();
  }
}

function objectsIn(database: Sqlite.Database): Objects {
  const rows = database.prepare<[], Item>('select type, name, tbl_name as "of", sql from sqlite_master');
  return new Map(rows.all().map((row) => [`${row.type} ${row.name}`, described(database, row)]));
}

function described(database: Sqlite.Database, { type, name, of, sql }: Item): string {
  const told = (pragma: string) => database.prepare(`select * from ${pragma}(?)`).all(name);
  if (type === 'table') {
    const kinds = database.prepare('select type, wr, strict from pragma_table_list where name = ?').all(name);
    return JSON.stringify([kinds, told('pragma_table_xinfo'), told('pragma_foreign_key_list')]);
  }
  if (type === 'index') {
    const kind = database.prepare('select "unique", origin, partial from pragma_index_list(?) where name = ?');
    return JSON.stringify([of, kind.all(of, name), told('pragma_index_xinfo')]);
  }
  return JSON.stringify([of, sql?.replaceAll(/\s+/g, ' ') ?? null]);
}

/** The first that is too many, missing or different; null if there is none. Pure. */
function differenceOf(found: Objects, own: Objects): string | null {
  for (const [name, description] of found) {
    if (!own.has(name)) return `it holds the ${name}, which Picket does not make`;
    if (own.get(name) !== description) return `its ${name} differs from the one that Picket makes`;
  }
  const missing = [...own.keys()].find((name) => !found.has(name));
  return missing === undefined ? null : `it lacks the ${missing}`;
}
