import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** The tables of the first release. A migration never imports the schema of today: it must do the same thing for ever. */
export const initial: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await db.schema
      .createTable('properties')
      .addColumn('name', 'text', (column) => column.primaryKey().notNull())
      .addColumn('value', 'text', (column) => column.notNull())
      .execute();

    await db.schema
      .createTable('clusters')
      .addColumn('name', 'text', (column) => column.primaryKey().notNull())
      .addColumn('id', 'text', (column) => column.notNull().unique())
      .addColumn('revision', 'integer', (column) => column.notNull())
      .addColumn('spec', 'text', (column) => column.notNull())
      .addColumn('progress', 'text', (column) => column.notNull())
      .addColumn('created_at', 'integer', (column) => column.notNull())
      .execute();

    await db.schema
      .createTable('revisions')
      .addColumn('cluster', 'text', (column) => column.notNull().references('clusters.name'))
      .addColumn('revision', 'integer', (column) => column.notNull())
      .addColumn('spec', 'text', (column) => column.notNull())
      .addColumn('at', 'integer', (column) => column.notNull())
      .addColumn('by', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('revisions_key', ['cluster', 'revision'])
      .execute();

    await db.schema
      .createTable('tokens')
      .addColumn('number', 'integer', (column) => column.primaryKey().autoIncrement())
      .addColumn('id', 'text', (column) => column.notNull().unique())
      .addColumn('secret_hash', 'text', (column) => column.notNull())
      .addColumn('cluster', 'text', (column) => column.notNull().references('clusters.name'))
      .addColumn('kind', 'text', (column) => column.notNull())
      .addColumn('member', 'text')
      .addColumn('uses_allowed', 'integer', (column) => column.notNull())
      .addColumn('uses_spent', 'integer', (column) => column.notNull())
      .addColumn('expires_at', 'integer', (column) => column.notNull())
      .addColumn('created_at', 'integer', (column) => column.notNull())
      .addColumn('created_by', 'text', (column) => column.notNull())
      .addCheckConstraint('tokens_uses', sql`uses_spent between 0 and uses_allowed`)
      .execute();

    await db.schema
      .createTable('nodes')
      .addColumn('id', 'text', (column) => column.primaryKey().notNull())
      .addColumn('cluster', 'text', (column) => column.notNull().references('clusters.name'))
      .addColumn('kind', 'text', (column) => column.notNull())
      .addColumn('member', 'text', (column) => column.notNull())
      .addColumn('join_order', 'integer', (column) => column.notNull().unique())
      .addColumn('joined_at', 'integer', (column) => column.notNull())
      .addColumn('token_id', 'text', (column) => column.notNull().references('tokens.id'))
      .addColumn('spki_hash', 'text', (column) => column.notNull().unique())
      .addColumn('identity_generation', 'integer', (column) => column.notNull().defaultTo(1))
      .addColumn('frozen_at', 'integer')
      .addColumn('frozen_because', 'text')
      .addColumn('facts', 'text', (column) => column.notNull())
      .addColumn('evicted_at', 'integer')
      .execute();
    // An evicted node leaves its name free, and its key used up. Members and clients share one set of names.
    await db.schema
      .createIndex('nodes_member')
      .on('nodes')
      .columns(['cluster', 'member'])
      .unique()
      .where(sql.ref('evicted_at'), 'is', null)
      .execute();

    // The key in force stands with its node, all its others here (R15).
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

    await db.schema
      .createTable('admissions')
      .addColumn('node_id', 'text', (column) => column.notNull().references('nodes.id'))
      .addColumn('token_id', 'text', (column) => column.notNull().references('tokens.id'))
      .addPrimaryKeyConstraint('admissions_key', ['node_id', 'token_id'])
      .execute();

    // No reference to clusters: revocations restored from the file may be of a cluster that a restored store lacks.
    await db.schema
      .createTable('certificates')
      .addColumn('number', 'integer', (column) => column.primaryKey().autoIncrement())
      .addColumn('serial', 'text', (column) => column.notNull().unique())
      .addColumn('purpose', 'text', (column) => column.notNull())
      .addColumn('cluster', 'text')
      .addColumn('principal', 'text', (column) => column.notNull())
      .addColumn('common_name', 'text', (column) => column.notNull())
      .addColumn('spki_hash', 'text', (column) => column.notNull())
      .addColumn('not_before', 'integer', (column) => column.notNull())
      .addColumn('not_after', 'integer', (column) => column.notNull())
      .addColumn('issued_at', 'integer', (column) => column.notNull())
      .addColumn('revoked_at', 'integer')
      .execute();
    await db.schema.createIndex('certificates_issued').on('certificates').column('issued_at').execute();
    await db.schema.createIndex('certificates_ended').on('certificates').column('not_after').execute();
    await db.schema.createIndex('certificates_key').on('certificates').column('spki_hash').execute();

    await db.schema
      .createTable('operators')
      .addColumn('name', 'text', (column) => column.primaryKey().notNull())
      .addColumn('role', 'text', (column) => column.notNull())
      .addColumn('created_at', 'integer', (column) => column.notNull())
      .execute();

    await db.schema
      .createTable('publications')
      .addColumn('node_id', 'text', (column) => column.primaryKey().notNull().references('nodes.id'))
      .addColumn('generation', 'integer', (column) => column.notNull())
      .addColumn('document', 'text', (column) => column.notNull())
      .execute();

    await db.schema
      .createTable('reports')
      .addColumn('node_id', 'text', (column) => column.primaryKey().notNull().references('nodes.id'))
      .addColumn('received_at', 'integer', (column) => column.notNull())
      .addColumn('status', 'text', (column) => column.notNull())
      .execute();

    await db.schema
      .createTable('events')
      .addColumn('id', 'integer', (column) => column.primaryKey().autoIncrement())
      .addColumn('at', 'integer', (column) => column.notNull())
      .addColumn('cluster', 'text')
      .addColumn('kind', 'text', (column) => column.notNull())
      .addColumn('facts', 'text', (column) => column.notNull())
      .execute();
    await db.schema.createIndex('events_cluster').on('events').columns(['cluster', 'id']).execute();

    await db.schema
      .createTable('snapshots')
      .addColumn('number', 'integer', (column) => column.primaryKey().autoIncrement())
      .addColumn('id', 'text', (column) => column.notNull().unique())
      .addColumn('cluster', 'text', (column) => column.notNull().references('clusters.name'))
      .addColumn('cluster_id', 'text', (column) => column.notNull())
      .addColumn('formation', 'integer', (column) => column.notNull())
      .addColumn('member', 'text', (column) => column.notNull())
      .addColumn('etcd_version', 'text', (column) => column.notNull())
      .addColumn('taken_at', 'integer', (column) => column.notNull())
      .addColumn('why', 'text', (column) => column.notNull())
      .addColumn('revision', 'integer', (column) => column.notNull())
      .addColumn('total_keys', 'integer')
      .addColumn('size_bytes', 'integer', (column) => column.notNull())
      .addColumn('sha256', 'text', (column) => column.notNull())
      .addColumn('checked_by', 'text', (column) => column.notNull())
      // Where in an S3-compatible store it lies; null for one beside the database.
      .addColumn('object', 'text')
      .execute();
    await db.schema.createIndex('snapshots_cluster').on('snapshots').columns(['cluster', 'number']).execute();
  },
};
