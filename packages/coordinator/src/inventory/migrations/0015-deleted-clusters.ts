import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

/** When the name of a deleted cluster became free. */
export const deletedClusters: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await db.schema.alterTable('clusters').addColumn('deletedAt', 'integer').execute();
  },
};
