import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

/** What each member has reported in the last days, packed into one value: a row for each point would be thousands. */
export const history: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await db.schema
      .createTable('history')
      .addColumn('cluster', 'text', (column) => column.notNull())
      .addColumn('member', 'text', (column) => column.notNull())
      .addColumn('ring', 'blob', (column) => column.notNull())
      .addPrimaryKeyConstraint('history_place', ['cluster', 'member'])
      .execute();
  },
};
