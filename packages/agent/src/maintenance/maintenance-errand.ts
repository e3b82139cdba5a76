import { messageOf } from '@picket/shared/problems.ts';
import type { MaintenanceOrder, MaintenanceOutcome } from '@picket/shared/protocol/maintenance.ts';
import { inWords } from '@picket/shared/reasons/in-words.ts';
import type { AnyReason } from '@picket/shared/reasons/reason.ts';
import { type Patience, reasonOfEtcd } from '../etcd/etcd.ts';
import type { Clock } from '../host/host.ts';
import type { JournalStore } from '../journal/journal-store.ts';
import { reported } from '../model/reported.ts';
import type { Log } from '../program/log.ts';
import { oneErrand } from '../program/one-errand.ts';
import type { Result } from './carry-out.ts';

type CarryOut = (patience: Patience) => Promise<Result>;

export type MaintenanceErrand = ReturnType<typeof maintenanceErrand>;

const momentMs = 2000;

/**
 * Runs maintenance of etcd's database beside everything else: on a slow card it takes minutes, and the node must be
 * observed meanwhile. One order at a time. The result is in the journal, and so in the next report.
 */
export function maintenanceErrand(clock: Clock, log: Log) {
  const { replace, start, ended, stop } = oneErrand('maintenance', log);
  return {
    /**
     * Resolves once the start of this order is recorded and the order has ended or a moment has passed: most take less,
     * so the next observation reports them. A recorded order is never started again, not even by a later agent.
     *
     * @param carryOut does what is ordered, and throws if it fails
     */
    async begin(order: MaintenanceOrder, carryOut: CarryOut, journal: JournalStore): Promise<void> {
      await replace();
      const { id, kind, deadlineSeconds } = order;
      const note = (
        outcome: MaintenanceOutcome['outcome'],
        why: AnyReason | null,
        found: Pick<MaintenanceOutcome, 'hash'> = {},
      ) => journal.set({ lastMaintenance: { id, outcome, reason: why === null ? null : reported(why), ...found } });
      await note('begun', null);
      const done = start(id, async ({ signal }) => {
        try {
          const { reason: why, ...found } = await carryOut({ deadlineMs: deadlineSeconds * 1000, signal });
          log.info({ id, kind, reason: inWords(why) }, `maintenance: ${kind}: done`);
          await note('done', why, found);
        } catch (error) {
          log.warn({ id, kind, reason: messageOf(error) }, `maintenance: ${kind} failed`);
          await note('failed', reasonOfEtcd(error));
        }
      });
      const enough = new AbortController();
      await Promise.race([done, clock.sleep(momentMs, enough.signal)]);
      enough.abort();
    },
    ended,
    /** Stops waiting for the order that runs; etcd continues it. */
    stop,
  };
}
