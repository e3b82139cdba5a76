import { fits } from '@picket/shared/protocol/check.ts';
import { NodeStatus } from '@picket/shared/protocol/report.ts';
import type { ReportRecord, ReportRepository } from './inventory.ts';
import type { Connection } from './schema.ts';

/** See {@link ReportRepository}. */
export function reportRepository(connection: Connection): ReportRepository {
  return {
    async all() {
      const rows = await connection().selectFrom('reports').selectAll().orderBy('node_id').execute();
      return rows.flatMap((row) => {
        const status = readStatus(row.status);
        return status === null ? [] : [{ nodeId: row.node_id, receivedAt: row.received_at, status }];
      });
    },

    async keep(records) {
      if (records.length === 0) return;
      const rows = latestOfEach(records).map((record) => ({
        node_id: record.nodeId,
        received_at: record.receivedAt,
        status: JSON.stringify(record.status),
      }));
      await connection()
        .insertInto('reports')
        .values(rows)
        .onConflict((conflict) =>
          conflict
            .column('node_id')
            .doUpdateSet(({ ref }) => ({
              received_at: ref('excluded.received_at'),
              status: ref('excluded.status'),
            }))
            .whereRef('excluded.received_at', '>=', 'reports.received_at'),
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
