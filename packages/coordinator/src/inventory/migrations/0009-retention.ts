import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

/** What the removal of old records looks for. */
export const retention: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await db.schema.createIndex('certificates_ended').ifNotExists().on('certificates').column('not_after').execute();
    await db.schema.createIndex('certificates_key').ifNotExists().on('certificates').column('spki_hash').execute();
  },
};
