import { AsyncLocalStorage } from 'node:async_hooks';
import { dirname } from 'node:path';
import type Sqlite from 'better-sqlite3';
import { Kysely } from 'kysely';
import { requireOwnFolder } from '../files/own-folder.ts';
import { certificateRepository } from './certificates.ts';
import { clusterRepository } from './clusters.ts';
import { eventRepository } from './events.ts';
import { identityKeyRepository } from './identity-keys.ts';
import type { Inventory, Repositories } from './inventory.ts';
import { migrate } from './migrate.ts';
import { nodeRepository } from './nodes.ts';
import { openDatabase } from './open-database.ts';
import { operatorRepository } from './operators.ts';
import { publicationRepository } from './publications.ts';
import { reportRepository } from './reports.ts';
import { restorationRepository } from './restorations.ts';
import { revisionRepository } from './revisions.ts';
import type { Connection, Schema } from './schema.ts';
import { snapshotRepository } from './snapshots.ts';
import { InventoryDialect } from './sqlite-dialect.ts';
import { storageFailure } from './sqlite-errors.ts';
import { tokenRepository } from './tokens.ts';

export interface InventoryDeps {
  /** Names a new store; a value of the protocol's `Identifier`. */
  readonly newId: () => string;
}

/**
 * Opens the store in this file, making or migrating it as needed. It is this process's alone until it is closed or the
 * process ends. Throws `folder_of_another_user`, `inventory_locked`, `inventory_newer`, `inventory_unreleased`,
 * `inventory_foreign`, `inventory_unusable`.
 */
export async function openInventory(path: string, deps: InventoryDeps): Promise<Inventory> {
  await requireOwnFolder(dirname(path));
  return inventoryOn(openDatabase(path), path, deps);
}

/** As {@link openInventory}, on a database that is open; it is closed with the store, or at once if this fails. */
export async function inventoryOn(database: Sqlite.Database, path: string, deps: InventoryDeps): Promise<Inventory> {
  const db = new Kysely<Schema>({ dialect: new InventoryDialect(database, path) });
  try {
    await migrate(db as Kysely<unknown>, path);
    return new SqliteInventory(database, db, await inventoryId(db, deps.newId));
  } catch (error) {
    database.close();
    throw error;
  }
}

async function inventoryId(db: Kysely<Schema>, newId: () => string): Promise<string> {
  await db
    .insertInto('properties')
    .values({ name: 'inventory', value: newId() })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  const row = await db
    .selectFrom('properties')
    .select('value')
    .where('name', '=', 'inventory')
    .executeTakeFirstOrThrow();
  return row.value;
}

class SqliteInventory implements Inventory {
  readonly id: string;
  readonly clusters: Repositories['clusters'];
  readonly nodes: Repositories['nodes'];
  readonly identityKeys: Repositories['identityKeys'];
  readonly tokens: Repositories['tokens'];
  readonly certificates: Repositories['certificates'];
  readonly operators: Repositories['operators'];
  readonly publications: Repositories['publications'];
  readonly reports: Repositories['reports'];
  readonly events: Repositories['events'];
  readonly restorations: Repositories['restorations'];
  readonly #database: Sqlite.Database;
  readonly snapshots: Repositories['snapshots'];
  readonly revisions: Repositories['revisions'];
  readonly #db: Kysely<Schema>;
  readonly #inside = new AsyncLocalStorage<{ open: boolean }>();

  constructor(database: Sqlite.Database, db: Kysely<Schema>, id: string) {
    const own = repositoriesOn(() => this.#outside());
    this.id = id;
    this.clusters = own.clusters;
    this.nodes = own.nodes;
    this.identityKeys = own.identityKeys;
    this.tokens = own.tokens;
    this.certificates = own.certificates;
    this.operators = own.operators;
    this.publications = own.publications;
    this.reports = own.reports;
    this.events = own.events;
    this.restorations = own.restorations;
    this.#database = database;
    this.snapshots = own.snapshots;
    this.revisions = own.revisions;
    this.#db = db;
  }

  async transaction<Result>(work: (repositories: Repositories) => Promise<Result>): Promise<Result> {
    const db = this.#outside();
    const mark = { open: true };
    return this.#inside.run(mark, async () => {
      try {
        return await db.transaction().execute((transaction) => work(repositoriesOn(() => transaction)));
      } finally {
        mark.open = false;
      }
    });
  }

  async copyTo(path: string): Promise<void> {
    // Whoever has the one connection is the only one who writes.
    await this.#outside()
      .connection()
      .execute(() => this.#database.backup(path))
      .catch((error: unknown) => {
        throw storageFailure(error, path);
      });
  }

  async close(): Promise<void> {
    await this.#db.destroy();
  }

  // There is one connection: whoever asked for it inside a transaction would wait for that transaction, for ever.
  #outside(): Kysely<Schema> {
    if (this.#inside.getStore()?.open === true) {
      throw new Error('Inside a transaction only the repositories that it was handed may be used.');
    }
    return this.#db;
  }
}

function repositoriesOn(connection: Connection): Repositories {
  return {
    clusters: clusterRepository(connection),
    nodes: nodeRepository(connection),
    identityKeys: identityKeyRepository(connection),
    tokens: tokenRepository(connection),
    certificates: certificateRepository(connection),
    operators: operatorRepository(connection),
    publications: publicationRepository(connection),
    reports: reportRepository(connection),
    restorations: restorationRepository(connection),
    events: eventRepository(connection),
    snapshots: snapshotRepository(connection),
    revisions: revisionRepository(connection),
  };
}
