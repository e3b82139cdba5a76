import { parsedAs } from '@picket/shared/protocol/check.ts';
import { NodeStatus } from '@picket/shared/protocol/report.ts';
import type { Instant } from '../model/instant.ts';
import type { ReportRecord } from './inventory.ts';
import type { Connection } from './schema.ts';

export function reportRepository(connection: Connection) {
  return {
    /** Without those that are damaged, or no longer valid reports. */
    async all(): Promise<readonly ReportRecord[]> {
      const rows = await connection().selectFrom('reports').selectAll().orderBy('nodeId').execute();
      return rows.flatMap((row) => {
        const status = parsedAs(NodeStatus, row.status);
        return status === null ? [] : [{ ...row, status }];
      });
    },

    /** When the newest of them came; null if there is none. */
    async newestAt(): Promise<Instant | null> {
      const newest = connection()
        .selectFrom('reports')
        .select(({ fn }) => fn.max('receivedAt').as('at'));
      return (await newest.executeTakeFirst())?.at ?? null;
    },

    /**
     * In one statement, all or nothing, so at most 10,000 records. Stores the latest for each node, and never an older
     * one over a newer one.
     */
    async keep(records: readonly ReportRecord[]) {
      if (records.length === 0) return;
      const rows = latestOfEach(records).map((record) => ({ ...record, status: JSON.stringify(record.status) }));
      await connection()
        .insertInto('reports')
        .values(rows)
        .onConflict((conflict) =>
          conflict
            .column('nodeId')
            .doUpdateSet(({ ref }) => ({
              receivedAt: ref('excluded.receivedAt'),
              status: ref('excluded.status'),
            }))
            .whereRef('excluded.receivedAt', '>=', 'reports.receivedAt'),
        )
        .execute();
    },
  };
}

function latestOfEach(records: readonly ReportRecord[]): ReportRecord[] {
  const latest = new Map<string, ReportRecord>();
  for (const record of records) {
    const other = latest.get(record.nodeId);
    if (other === undefined || record.receivedAt >= other.receivedAt) latest.set(record.nodeId, record);
  }
  return [...latest.values()];
}
