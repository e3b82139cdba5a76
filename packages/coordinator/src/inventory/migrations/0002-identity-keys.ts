import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Renewal of node identities (R15): the key in force stands with its node, all its others in a table. */
export const identityKeys: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    for (const add of [
      sql`alter table nodes add column identity_generation integer not null default 1`,
      sql`alter table nodes add column frozen_at integer`,
      sql`alter table nodes add column frozen_because text`,
    ]) {
      await add.execute(db);
    }
    await db.schema
      .createTable('identity_keys')
      .addColumn('spki_hash', 'text', (column) => column.primaryKey().notNull())
      .addColumn('node_id', 'text', (column) => column.notNull().references('nodes.id'))
      .addColumn('generation', 'integer', (column) => column.notNull())
      .addColumn('standing', 'text', (column) => column.notNull())
      .addColumn('certificate', 'text')
      .addCheckConstraint('identity_keys_standing', sql`standing in ('pending', 'superseded')`)
      .execute();
    await db.schema
      .createIndex('identity_keys_pending')
      .on('identity_keys')
      .column('node_id')
      .unique()
      .where(sql.ref('standing'), '=', sql.lit('pending'))
      .execute();
    await db.schema.createIndex('identity_keys_node').on('identity_keys').column('node_id').execute();
  },
};
