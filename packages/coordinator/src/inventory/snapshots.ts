import type { Selectable } from 'kysely';
import type { SnapshotRecord, SnapshotRepository } from './inventory.ts';
import { readPage } from './paging.ts';
import type { Connection, Schema } from './schema.ts';

/** See {@link SnapshotRepository}. */
export function snapshotRepository(connection: Connection): SnapshotRepository {
  return {
    async create(record) {
      const why = JSON.stringify(record.why);
      await connection()
        .insertInto('snapshots')
        .values({ ...record, why })
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
      const query = connection()
        .selectFrom('snapshots')
        .selectAll()
        .$if(cluster !== null, (all) => all.where('cluster', '=', cluster ?? ''));
      return readPage('snapshots', page, query, { by: 'number', direction: 'desc' }, toRecord);
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

function toRecord({ number: _order, why, ...record }: Selectable<Schema['snapshots']>): SnapshotRecord {
  return { ...record, why: JSON.parse(why) };
}
