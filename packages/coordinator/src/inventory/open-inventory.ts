import { AsyncLocalStorage } from 'node:async_hooks';
import { dirname } from 'node:path';
import type Sqlite from 'better-sqlite3';
import { Kysely } from 'kysely';
import { requireOwnFolder } from '../files/own-folder.ts';
import { auditRepository } from './audit.ts';
import { certificateRepository } from './certificates.ts';
import { channelRepository } from './channels.ts';
import { clusterRepository } from './clusters.ts';
import { type EventNews, eventNews } from './event-news.ts';
import { eventRepository, lastEventId } from './events.ts';
import { historyRepository } from './history.ts';
import { idempotentRequestRepository } from './idempotent-requests.ts';
import { identityKeyRepository } from './identity-keys.ts';
import type { Inventory, Repositories } from './inventory.ts';
import { loginRepository } from './logins.ts';
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

interface InventoryDeps {
  /** The ID of a new store; a value of the protocol's `Identifier`. */
  readonly newId: () => string;
}

/**
 * Opens the store in this file, and makes or migrates it as needed. It belongs to this process alone until it is closed
 * or the process ends. Throws `folder_of_another_user`, `inventory_locked`, `inventory_newer`, `inventory_unreleased`,
 * `inventory_foreign`, `inventory_unusable`.
 */
export async function openInventory(path: string, deps: InventoryDeps): Promise<Inventory> {
  await requireOwnFolder(dirname(path));
  return inventoryOn(openDatabase(path), path, deps);
}

/** As {@link openInventory}, on an open database; it is closed with the store, or at once if this fails. */
export async function inventoryOn(database: Sqlite.Database, path: string, deps: InventoryDeps): Promise<Inventory> {
  const db = new Kysely<Schema>({ dialect: new InventoryDialect(database, path) });
  try {
    await migrate(database, db as Kysely<unknown>, path);
    return sqliteInventory(database, db, await inventoryId(db, deps.newId), await lastEventId(() => db));
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

/**
 * The store. Every write that returns has been fsynced (R12): spec, spent tokens, serials, revocations, progress.
 * Everything is asynchronous, so that another database could replace SQLite. Lists are paged by an opaque cursor:
 * clusters by name, nodes by join order, the others newest first. A failing disk is `inventory_unusable`.
 */
export function sqliteInventory(database: Sqlite.Database, db: Kysely<Schema>, id: string, newestEvent: number) {
  const news = eventNews(newestEvent);
  const inside = new AsyncLocalStorage<{ open: boolean }>();

  // There is one connection: code inside a transaction that asks for it would wait for its own transaction forever.
  function outside(): Kysely<Schema> {
    if (inside.getStore()?.open === true) {
      throw new Error('Inside a transaction only the repositories that it was handed may be used.');
    }
    return db;
  }

  return {
    /** Made once with the store; nodes remember which inventory their generations belong to (R5). */
    id,
    /** Which events are stored, for those who wait for one. */
    eventNews: news,
    ...repositoriesOn(outside, news),

    /**
     * All or nothing. Inside, only the given repositories may be used: the store's own throw there. Transactions run
     * one after the other, so `work` must wait for nothing but them.
     */
    async transaction<Result>(work: (repositories: Repositories) => Promise<Result>): Promise<Result> {
      outside();
      const mark = { open: true };
      let appended = 0;
      const within = {
        committed: (event: number) => {
          appended = Math.max(appended, event);
        },
        removed: news.removed,
      };
      const result = await inside.run(mark, async () => {
        try {
          return await db.transaction().execute((transaction) => work(repositoriesOn(() => transaction, within)));
        } finally {
          mark.open = false;
        }
      });
      if (appended > 0) news.committed(appended);
      return result;
    },

    /** Copies the store as of one moment into a new file; writes wait meanwhile. */
    async copyTo(path: string): Promise<void> {
      // The holder of the one connection is the only writer.
      await outside()
        .connection()
        .execute(() => database.backup(path))
        .catch((error: unknown) => {
          throw storageFailure(error, path);
        });
    },

    close: () => db.destroy(),
  };
}

/** Every table's repository on this connection. */
export function repositoriesOn(connection: Connection, news: Pick<EventNews, 'committed' | 'removed'>) {
  return {
    clusters: clusterRepository(connection),
    nodes: nodeRepository(connection),
    identityKeys: identityKeyRepository(connection),
    tokens: tokenRepository(connection),
    certificates: certificateRepository(connection),
    operators: operatorRepository(connection),
    logins: loginRepository(connection),
    publications: publicationRepository(connection),
    reports: reportRepository(connection),
    restorations: restorationRepository(connection),
    events: eventRepository(connection, news),
    snapshots: snapshotRepository(connection),
    revisions: revisionRepository(connection),
    audit: auditRepository(connection),
    channels: channelRepository(connection),
    history: historyRepository(connection),
    idempotentRequests: idempotentRequestRepository(connection),
  };
}
