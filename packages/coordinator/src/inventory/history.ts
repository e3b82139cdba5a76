import type { HistoryPlace, HistoryRecord } from './inventory.ts';
import type { Connection } from './schema.ts';

/** In one statement, far below what SQLite can bind. */
const atOnce = 1000;

export function historyRepository(connection: Connection) {
  return {
    /** Of which members there is a history. */
    async places(): Promise<readonly HistoryPlace[]> {
      return connection().selectFrom('history').select(['cluster', 'member']).execute();
    },

    /** @param cluster the ID of the cluster */
    async ofCluster(cluster: string): Promise<readonly HistoryRecord[]> {
      return connection().selectFrom('history').selectAll().where('cluster', '=', cluster).execute();
    },

    /** Replaces what is stored of these members. Many records take several statements. */
    async keep(records: readonly HistoryRecord[]) {
      for (let first = 0; first < records.length; first += atOnce) {
        await connection()
          .insertInto('history')
          .values(records.slice(first, first + atOnce))
          .onConflict((conflict) =>
            conflict.columns(['cluster', 'member']).doUpdateSet(({ ref }) => ({ ring: ref('excluded.ring') })),
          )
          .execute();
      }
    },

    async remove(places: readonly HistoryPlace[]) {
      for (const { cluster, member } of places) {
        await connection().deleteFrom('history').where('cluster', '=', cluster).where('member', '=', member).execute();
      }
    },
  };
}
