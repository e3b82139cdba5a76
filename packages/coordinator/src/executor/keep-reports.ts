import type { ReportRecord, Repositories } from '../inventory/inventory.ts';
import { keptReport } from '../model/kept-report.ts';
import type { StatusBoard } from './status-board.ts';

/** Far below the 10,922 rows of a report that SQLite can bind in one statement. */
export const mostReportsAtOnce = 1000;

/**
 * Stores the reports that the store must not miss any longer, or all that it does not have. If the store refuses them, they
 * stay on the board for the next call. Throws `inventory_unusable`.
 */
export async function keepReports(
  statuses: Pick<StatusBoard, 'takeUnkept' | 'giveBack'>,
  reports: Pick<Repositories['reports'], 'keep'>,
  which: 'due' | 'all',
): Promise<void> {
  for (;;) {
    const batch = statuses.takeUnkept(mostReportsAtOnce, which);
    if (batch.length === 0) return;
    try {
      await reports.keep(batch);
    } catch (error) {
      statuses.giveBack(batch);
      throw error;
    }
  }
}

/** The stored reports of all nodes, with no more of each than is kept of a new one: an earlier version kept all of it. */
export async function keptReports({
  nodes,
  reports,
}: Pick<Repositories, 'nodes' | 'reports'>): Promise<readonly ReportRecord[]> {
  const kinds = new Map((await nodes.all()).map(({ id, kind }) => [id, kind]));
  const stored = await reports.all();
  return stored.map((record) => ({
    ...record,
    status: keptReport[kinds.get(record.nodeId) ?? 'client'](record.status, stored.length),
  }));
}
