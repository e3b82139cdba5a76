import type { Page } from '@picket/shared/protocol/page.ts';
import type { Selectable } from 'kysely';
import type { PageRequest, SnapshotRecord } from './inventory.ts';
import { readPage } from './paging.ts';
import type { Connection, Schema } from './schema.ts';

export function snapshotRepository(connection: Connection) {
  return {
    async create(record: SnapshotRecord) {
      const why = JSON.stringify(record.why);
      await connection()
        .insertInto('snapshots')
        .values({ ...record, why })
        .execute();
    },

    async find(id: string): Promise<SnapshotRecord | null> {
      const row = await connection().selectFrom('snapshots').selectAll().where('id', '=', id).executeTakeFirst();
      return row === undefined ? null : toRecord(row);
    },

    /** The oldest first. */
    async ofCluster(cluster: string): Promise<readonly SnapshotRecord[]> {
      const rows = await connection()
        .selectFrom('snapshots')
        .selectAll()
        .where('cluster', '=', cluster)
        .orderBy('number')
        .execute();
      return rows.map(toRecord);
    },

    /** The bytes of those that are in no store, by cluster; no entry for a cluster without any. */
    async localBytes(): Promise<ReadonlyMap<string, number>> {
      const rows = await connection()
        .selectFrom('snapshots')
        .select(({ fn }) => ['cluster', fn.sum<number>('sizeBytes').as('bytes')])
        .where('object', 'is', null)
        .groupBy('cluster')
        .execute();
      return new Map(rows.map(({ cluster, bytes }) => [cluster, bytes]));
    },

    async list(page: PageRequest, cluster: string | null): Promise<Page<SnapshotRecord>> {
      const query = connection()
        .selectFrom('snapshots')
        .selectAll()
        .$if(cluster !== null, (all) => all.where('cluster', '=', cluster ?? ''));
      return readPage('snapshots', page, query, { by: 'number', direction: 'desc' }, toRecord);
    },

    /** False if the id is unknown. */
    async keepObject(id: string, object: string) {
      const { numUpdatedRows } = await connection()
        .updateTable('snapshots')
        .set({ object })
        .where('id', '=', id)
        .executeTakeFirst();
      return numUpdatedRows > 0n;
    },

    /** False if the id is unknown. */
    async remove(id: string) {
      const { numDeletedRows } = await connection().deleteFrom('snapshots').where('id', '=', id).executeTakeFirst();
      return numDeletedRows > 0n;
    },
  };
}

function toRecord({ number: _order, why, ...record }: Selectable<Schema['snapshots']>): SnapshotRecord {
  return { ...record, why: JSON.parse(why) };
}
