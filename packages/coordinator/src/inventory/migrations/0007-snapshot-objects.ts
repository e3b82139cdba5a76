import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Where in an S3-compatible store a snapshot lies; null for one beside the database. */
export const snapshotObjects: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await db.schema.alterTable('snapshots').addColumn('object', 'text').execute();
  },
};
