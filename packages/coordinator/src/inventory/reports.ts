import { fits } from '@picket/shared/protocol/check.ts';
import { NodeStatus } from '@picket/shared/protocol/report.ts';
import type { ReportRecord, ReportRepository } from './inventory.ts';
import type { Connection } from './schema.ts';

/** See {@link ReportRepository}. */
export function reportRepository(connection: Connection): ReportRepository {
  return {
    async all() {
      const rows = await connection().selectFrom('reports').selectAll().orderBy('nodeId').execute();
      return rows.flatMap((row) => {
        const status = readStatus(row.status);
        return status === null ? [] : [{ ...row, status }];
      });
    },

    async keep(records) {
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

function readStatus(text: string): NodeStatus | null {
  try {
    const status: unknown = JSON.parse(text);
    return fits(NodeStatus, status) ? status : null;
  } catch {
    return null;
  }
}

function latestOfEach(records: readonly ReportRecord[]): ReportRecord[] {
  const latest = new Map<string, ReportRecord>();
  for (const record of records) {
    const other = latest.get(record.nodeId);
    if (other === undefined || record.receivedAt >= other.receivedAt) latest.set(record.nodeId, record);
  }
  return [...latest.values()];
}
