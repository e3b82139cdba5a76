import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

/** When each receiver learnt of a change in the last hour, so that a problem that changes often is found after a restart too. */
export const channelChanges: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await db.schema
      .alterTable('channels')
      .addColumn('changes', 'text', (column) => column.notNull().defaultTo('[]'))
      .execute();
  },
};
