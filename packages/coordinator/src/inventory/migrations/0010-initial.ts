import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** The tables of the first release. A migration never imports the present schema: it must always do the same. */
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
      .addColumn('progressVersion', 'integer', (column) => column.notNull())
      .addColumn('createdAt', 'integer', (column) => column.notNull())
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
      .addColumn('secretHash', 'text', (column) => column.notNull())
      .addColumn('cluster', 'text', (column) => column.notNull().references('clusters.name'))
      .addColumn('kind', 'text', (column) => column.notNull())
      .addColumn('name', 'text')
      .addColumn('usesAllowed', 'integer', (column) => column.notNull())
      .addColumn('usesSpent', 'integer', (column) => column.notNull())
      .addColumn('expiresAt', 'integer', (column) => column.notNull())
      .addColumn('createdAt', 'integer', (column) => column.notNull())
      .addColumn('createdBy', 'text', (column) => column.notNull())
      .addCheckConstraint('tokens_uses', sql`"usesSpent" between 0 and "usesAllowed"`)
      .execute();

    await db.schema
      .createTable('nodes')
      .addColumn('id', 'text', (column) => column.primaryKey().notNull())
      .addColumn('cluster', 'text', (column) => column.notNull().references('clusters.name'))
      .addColumn('kind', 'text', (column) => column.notNull())
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('joinOrder', 'integer', (column) => column.notNull().unique())
      .addColumn('joinedAt', 'integer', (column) => column.notNull())
      .addColumn('tokenId', 'text', (column) => column.notNull().references('tokens.id'))
      .addColumn('spkiHash', 'text', (column) => column.notNull().unique())
      .addColumn('identityGeneration', 'integer', (column) => column.notNull().defaultTo(1))
      .addColumn('frozenAt', 'integer')
      .addColumn('frozenBecause', 'text')
      .addColumn('facts', 'text', (column) => column.notNull())
      .addColumn('evictedAt', 'integer')
      .execute();
    // An evicted node frees its name; its key stays used. Members and clients share one set of names.
    await db.schema
      .createIndex('nodes_name')
      .on('nodes')
      .columns(['cluster', 'name'])
      .unique()
      .where(sql.ref('evictedAt'), 'is', null)
      .execute();

    // The key in force is stored with its node, all its others here (R15).
    await db.schema
      .createTable('identity_keys')
      .addColumn('spkiHash', 'text', (column) => column.primaryKey().notNull())
      .addColumn('nodeId', 'text', (column) => column.notNull().references('nodes.id'))
      .addColumn('generation', 'integer', (column) => column.notNull())
      .addColumn('standing', 'text', (column) => column.notNull())
      .addColumn('certificate', 'text')
      .addCheckConstraint('identity_keys_standing', sql`standing in ('pending', 'superseded')`)
      .execute();
    await db.schema
      .createIndex('identity_keys_pending')
      .on('identity_keys')
      .column('nodeId')
      .unique()
      .where(sql.ref('standing'), '=', sql.lit('pending'))
      .execute();
    await db.schema.createIndex('identity_keys_node').on('identity_keys').column('nodeId').execute();

    await db.schema
      .createTable('admissions')
      .addColumn('nodeId', 'text', (column) => column.notNull().references('nodes.id'))
      .addColumn('tokenId', 'text', (column) => column.notNull().references('tokens.id'))
      .addPrimaryKeyConstraint('admissions_key', ['nodeId', 'tokenId'])
      .execute();

    // No reference to clusters: revocations restored from the file may be of a cluster that a restored store lacks.
    await db.schema
      .createTable('certificates')
      .addColumn('number', 'integer', (column) => column.primaryKey().autoIncrement())
      .addColumn('serial', 'text', (column) => column.notNull().unique())
      .addColumn('purpose', 'text', (column) => column.notNull())
      .addColumn('cluster', 'text')
      .addColumn('principal', 'text', (column) => column.notNull())
      .addColumn('commonName', 'text', (column) => column.notNull())
      .addColumn('spkiHash', 'text', (column) => column.notNull())
      .addColumn('notBefore', 'integer', (column) => column.notNull())
      .addColumn('notAfter', 'integer', (column) => column.notNull())
      .addColumn('issuedAt', 'integer', (column) => column.notNull())
      .addColumn('revokedAt', 'integer')
      .execute();
    await db.schema.createIndex('certificates_issued').on('certificates').column('issuedAt').execute();
    await db.schema.createIndex('certificates_ended').on('certificates').column('notAfter').execute();
    await db.schema.createIndex('certificates_key').on('certificates').column('spkiHash').execute();

    await db.schema
      .createTable('operators')
      .addColumn('name', 'text', (column) => column.primaryKey().notNull())
      .addColumn('role', 'text', (column) => column.notNull())
      .addColumn('createdAt', 'integer', (column) => column.notNull())
      .execute();

    await db.schema
      .createTable('publications')
      .addColumn('nodeId', 'text', (column) => column.primaryKey().notNull().references('nodes.id'))
      .addColumn('generation', 'integer', (column) => column.notNull())
      .addColumn('document', 'text', (column) => column.notNull())
      .execute();

    await db.schema
      .createTable('reports')
      .addColumn('nodeId', 'text', (column) => column.primaryKey().notNull().references('nodes.id'))
      .addColumn('receivedAt', 'integer', (column) => column.notNull())
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
      .addColumn('clusterId', 'text', (column) => column.notNull())
      .addColumn('formation', 'integer', (column) => column.notNull())
      .addColumn('member', 'text', (column) => column.notNull())
      .addColumn('etcdVersion', 'text', (column) => column.notNull())
      .addColumn('takenAt', 'integer', (column) => column.notNull())
      .addColumn('why', 'text', (column) => column.notNull())
      .addColumn('revision', 'integer', (column) => column.notNull())
      .addColumn('totalKeys', 'integer')
      .addColumn('sizeBytes', 'integer', (column) => column.notNull())
      .addColumn('sha256', 'text', (column) => column.notNull())
      .addColumn('checkedBy', 'text', (column) => column.notNull())
      // Its location in an S3-compatible store; null for one beside the database.
      .addColumn('object', 'text')
      .execute();
    await db.schema.createIndex('snapshots_cluster').on('snapshots').columns(['cluster', 'number']).execute();
  },
};
