import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

/** What the events of each cluster have told. */
export const conditions: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await db.schema
      .alterTable('clusters')
      .addColumn('conditions', 'text', (column) => column.notNull().defaultTo('{}'))
      .execute();
  },
};
