import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** The tables of the first release. A migration is never edited, and never imports the present schema: it must always do the same. */
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
      // What the events of the cluster have told.
      .addColumn('conditions', 'text', (column) => column.notNull().defaultTo('{}'))
      // When the name of a deleted cluster became free.
      .addColumn('deletedAt', 'integer')
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

    // The audit log. The database itself refuses to change an entry, and to remove another than the oldest.
    await db.schema
      .createTable('audit')
      .addColumn('number', 'integer', (column) => column.primaryKey().notNull())
      .addColumn('at', 'integer', (column) => column.notNull())
      // The entry without its hash, as the text that the hash was made of.
      .addColumn('entry', 'text', (column) => column.notNull())
      .addColumn('hash', 'text', (column) => column.notNull())
      .execute();
    await sql`
      create trigger audit_never_changes before update on audit
      begin
        select raise(abort, 'an entry of the audit log never changes');
      end
    `.execute(db);
    await sql`
      create trigger audit_loses_the_oldest before delete on audit
      when exists (select 1 from audit where number < old.number)
      begin
        select raise(abort, 'only the oldest entries of the audit log may be removed');
      end
    `.execute(db);

    // Lets events be found by the node or member that they are about, by their kind and by their time.
    await db.schema
      .createTable('event_subjects')
      .addColumn('subject', 'text', (column) => column.notNull())
      .addColumn('eventId', 'integer', (column) => column.notNull().references('events.id').onDelete('cascade'))
      .addPrimaryKeyConstraint('event_subjects_key', ['subject', 'eventId'])
      .execute();
    await db.schema.createIndex('event_subjects_event').on('event_subjects').column('eventId').execute();
    await db.schema.createIndex('events_kind').on('events').columns(['kind', 'id']).execute();
    await db.schema.createIndex('events_at').on('events').column('at').execute();

    // With a login string, an operator gets a certificate for a key that is made where it is used. At most one for each operator.
    await db.schema
      .createTable('logins')
      .addColumn('operator', 'text', (column) => column.primaryKey().references('operators.name').onDelete('cascade'))
      .addColumn('id', 'text', (column) => column.notNull().unique())
      .addColumn('secretHash', 'text', (column) => column.notNull())
      .addColumn('createdAt', 'integer', (column) => column.notNull())
      .addColumn('createdBy', 'text', (column) => column.notNull())
      .addColumn('expiresAt', 'integer', (column) => column.notNull())
      .addColumn('usedAt', 'integer')
      .execute();

    // Where notifications go, what each receiver knows, and what it has not taken yet.
    await db.schema
      .createTable('channels')
      .addColumn('name', 'text', (column) => column.primaryKey())
      .addColumn('kind', 'text', (column) => column.notNull())
      .addColumn('target', 'text', (column) => column.notNull())
      .addColumn('settings', 'text', (column) => column.notNull())
      .addColumn('clusters', 'text')
      .addColumn('severity', 'text', (column) => column.notNull())
      .addColumn('createdAt', 'integer', (column) => column.notNull())
      .addColumn('createdBy', 'text', (column) => column.notNull())
      .addColumn('told', 'text', (column) => column.notNull())
      .addColumn('waiting', 'text')
      .addColumn('deliveredAt', 'integer')
      // When the receiver learnt of a change in the last hour, so that a problem that changes often is found after a restart too.
      .addColumn('changes', 'text', (column) => column.notNull().defaultTo('[]'))
      .execute();

    // What each member has reported in the last days, packed into one value: a row for each point would be thousands.
    await db.schema
      .createTable('history')
      .addColumn('cluster', 'text', (column) => column.notNull())
      .addColumn('member', 'text', (column) => column.notNull())
      .addColumn('ring', 'blob', (column) => column.notNull())
      .addPrimaryKeyConstraint('history_place', ['cluster', 'member'])
      .execute();

    // Requests with an idempotency key, and the answers that a repetition gets.
    await db.schema
      .createTable('idempotent_requests')
      .addColumn('number', 'integer', (column) => column.primaryKey())
      .addColumn('operator', 'text', (column) => column.notNull())
      .addColumn('key', 'text', (column) => column.notNull())
      .addColumn('begunAt', 'integer', (column) => column.notNull())
      .addColumn('fingerprint', 'text', (column) => column.notNull())
      .addColumn('answer', 'text')
      .addUniqueConstraint('idempotent_requests_of_operator', ['operator', 'key'])
      .execute();
  },
};
