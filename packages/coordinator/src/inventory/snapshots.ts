import type { Selectable } from 'kysely';
import type { SnapshotRecord, SnapshotRepository } from './inventory.ts';
import { numericCursorKey, pageSize, toPage } from './paging.ts';
import type { Connection, Schema } from './schema.ts';

/** See {@link SnapshotRepository}. */
export function snapshotRepository(connection: Connection): SnapshotRepository {
  return {
    async create(record) {
      await connection()
        .insertInto('snapshots')
        .values({
          id: record.id,
          cluster: record.cluster,
          cluster_id: record.clusterId,
          formation: record.formation,
          member: record.member,
          etcd_version: record.etcdVersion,
          taken_at: record.takenAt,
          why: JSON.stringify(record.why),
          revision: record.revision,
          total_keys: record.totalKeys,
          size_bytes: record.sizeBytes,
          sha256: record.sha256,
          checked_by: record.checkedBy,
          object: record.object,
        })
        .execute();
    },

    async find(id) {
      const row = await connection().selectFrom('snapshots').selectAll().where('id', '=', id).executeTakeFirst();
      return row === undefined ? null : toRecord(row);
    },

    async ofCluster(cluster) {
      const rows = await connection()
        .selectFrom('snapshots')
        .selectAll()
        .where('cluster', '=', cluster)
        .orderBy('number')
        .execute();
      return rows.map(toRecord);
    },

    async list(page, cluster) {
      const size = pageSize(page);
      const after = numericCursorKey('snapshots', page);
      const rows = await connection()
        .selectFrom('snapshots')
        .selectAll()
        .$if(cluster !== null, (query) => query.where('cluster', '=', cluster ?? ''))
        .$if(after !== undefined, (query) => query.where('number', '<', after ?? 0))
        .orderBy('number', 'desc')
        .limit(size + 1)
        .execute();
      return toPage('snapshots', rows, size, toRecord, (row) => row.number);
    },

    async keepObject(id, object) {
      const { numUpdatedRows } = await connection()
        .updateTable('snapshots')
        .set({ object })
        .where('id', '=', id)
        .executeTakeFirst();
      return numUpdatedRows > 0n;
    },

    async remove(id) {
      const { numDeletedRows } = await connection().deleteFrom('snapshots').where('id', '=', id).executeTakeFirst();
      return numDeletedRows > 0n;
    },
  };
}

function toRecord(row: Selectable<Schema['snapshots']>): SnapshotRecord {
  return {
    id: row.id,
    cluster: row.cluster,
    clusterId: row.cluster_id,
    formation: row.formation,
    member: row.member,
    etcdVersion: row.etcd_version,
    takenAt: row.taken_at,
    why: JSON.parse(row.why),
    revision: row.revision,
    totalKeys: row.total_keys,
    sizeBytes: row.size_bytes,
    sha256: row.sha256,
    checkedBy: row.checked_by,
    object: row.object,
  };
}
