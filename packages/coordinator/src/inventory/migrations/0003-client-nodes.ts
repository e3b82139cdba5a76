import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Nodes that are no members. Their names stand where those of members do, so that one index keeps all of them apart. */
export const clientNodes: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    for (const table of ['nodes', 'tokens']) {
      await db.schema
        .alterTable(table)
        .addColumn('kind', 'text', (column) => column.notNull().defaultTo('member'))
        .execute();
    }
  },
};
