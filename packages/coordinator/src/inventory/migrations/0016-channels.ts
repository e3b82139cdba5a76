import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Where notifications go, what each receiver knows, and what it has not taken yet. */
export const channels: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await db.schema
      .createTable('channels')
      .addColumn('name', 'text', (column) => column.primaryKey())
      .addColumn('kind', 'text', (column) => column.notNull())
      .addColumn('target', 'text', (column) => column.notNull())
      .addColumn('settings', 'text', (column) => column.notNull())
      .addColumn('clusters', 'text')
      .addColumn('severity', 'text', (column) => column.notNull())
      .addColumn('createdAt', 'integer', (column) => column.notNull())
      .addColumn('createdBy', 'text', (column) => column.notNull())
      .addColumn('told', 'text', (column) => column.notNull())
      .addColumn('waiting', 'text')
      .addColumn('deliveredAt', 'integer')
      .execute();
  },
};
