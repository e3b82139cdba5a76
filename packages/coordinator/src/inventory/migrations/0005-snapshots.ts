import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

/** What is known of each snapshot that is kept; its octets lie beside the database. */
export const snapshots: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
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
      .execute();
    await db.schema.createIndex('snapshots_cluster').on('snapshots').columns(['cluster', 'number']).execute();
  },
};
