import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Requests with an idempotency key, and the answers that a repetition gets. */
export const idempotentRequests: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await db.schema
      .createTable('idempotent_requests')
      .addColumn('number', 'integer', (column) => column.primaryKey())
      .addColumn('operator', 'text', (column) => column.notNull())
      .addColumn('key', 'text', (column) => column.notNull())
      .addColumn('begunAt', 'integer', (column) => column.notNull())
      .addColumn('fingerprint', 'text', (column) => column.notNull())
      .addColumn('answer', 'text')
      .addUniqueConstraint('idempotent_requests_of_operator', ['operator', 'key'])
      .execute();
  },
};
