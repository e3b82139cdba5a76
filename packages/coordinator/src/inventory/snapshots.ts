import type { Selectable } from 'kysely';
import type { PageRequest, SnapshotRecord } from './inventory.ts';
import { readPage } from './paging.ts';
import { allOf, changesAny, firstOf } from './rows.ts';
import type { Connection, Schema } from './schema.ts';

export function snapshotRepository(connection: Connection) {
  const rows = () => connection().selectFrom('snapshots').selectAll();

  return {
    async create(record: SnapshotRecord) {
      const why = JSON.stringify(record.why);
      await connection()
        .insertInto('snapshots')
        .values({ ...record, why })
        .execute();
    },

    find: (id: string) => firstOf(rows().where('id', '=', id), toRecord),

    /** The oldest first. */
    ofCluster: (cluster: string) => allOf(rows().where('cluster', '=', cluster).orderBy('number'), toRecord),

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

    list: (page: PageRequest, cluster: string | null) =>
      readPage('snapshots', page, rows(), { by: 'number', direction: 'desc', cluster }, toRecord),

    /** False if the id is unknown. */
    keepObject: (id: string, object: string) =>
      changesAny(connection().updateTable('snapshots').set({ object }).where('id', '=', id)),

    /** False if the id is unknown. */
    remove: (id: string) => changesAny(connection().deleteFrom('snapshots').where('id', '=', id)),
  };
}

function toRecord({ number: _order, why, ...record }: Selectable<Schema['snapshots']>): SnapshotRecord {
  return { ...record, why: JSON.parse(why) };
}
