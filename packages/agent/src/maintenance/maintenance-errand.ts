import { messageOf } from '@picket/shared/problems.ts';
import type { MaintenanceOrder, MaintenanceOutcome } from '@picket/shared/protocol/maintenance.ts';
import { largestReason } from '@picket/shared/protocol/reason.ts';
import { inWords } from '@picket/shared/reasons/in-words.ts';
import type { AnyReason } from '@picket/shared/reasons/reason.ts';
import { reasonWithin } from '@picket/shared/reasons/within.ts';
import { type Patience, reasonOfEtcd } from '../etcd/etcd.ts';
import type { Clock } from '../host/host.ts';
import type { JournalStore } from '../journal/journal-store.ts';
import type { Log } from '../program/log.ts';
import type { Result } from './carry-out.ts';

type CarryOut = (patience: Patience) => Promise<Result>;

/**
 * Runs maintenance of etcd's database beside everything else: on a slow card it takes minutes, and the node must be
 * observed meanwhile. One order at a time. The result is in the journal, and so in the next report.
 */
export interface MaintenanceErrand {
  /**
   * Resolves once the start of this order is recorded and the order has ended or a moment has passed: most take less,
   * so the next observation reports them. A recorded order is never started again, not even by a later agent.
   *
   * @param carryOut does what is ordered, and throws if it fails
   */
  begin(order: MaintenanceOrder, carryOut: CarryOut, journal: JournalStore): Promise<void>;
  /** Resolves when no order runs. */
  ended(): Promise<void>;
  /** Stops waiting for the order that runs; etcd continues it. */
  stop(): Promise<void>;
}

const momentMs = 2000;

export function maintenanceErrand(clock: Pick<Clock, 'sleep'>, log: Log): MaintenanceErrand {
  let current: { readonly control: AbortController; readonly done: Promise<void> } | null = null;

  async function stop(why: string): Promise<void> {
    current?.control.abort(new Error(why));
    await current?.done;
  }

  return {
    async begin(order, carryOut, journal) {
      await stop('another order replaced it');
      const { id, kind, deadlineSeconds } = order;
      const note = (
        outcome: MaintenanceOutcome['outcome'],
        why: AnyReason | null,
        found: Pick<MaintenanceOutcome, 'hash'> = {},
      ) =>
        journal.update((before) => ({
          ...before,
          lastMaintenance: { id, outcome, reason: why === null ? null : reasonWithin(why, largestReason), ...found },
        }));
      await note('begun', null);
      const control = new AbortController();
      const { signal } = control;
      const work = async (): Promise<void> => {
        try {
          const { reason: why, ...found } = await carryOut({ deadlineMs: deadlineSeconds * 1000, signal });
          log.info({ id, kind, reason: inWords(why) }, `maintenance: ${kind}: done`);
          await note('done', why, found);
        } catch (error) {
          log.warn({ id, kind, reason: messageOf(error) }, `maintenance: ${kind} failed`);
          await note('failed', reasonOfEtcd(error));
        }
      };
      const done = work()
        // If this cannot be recorded, the coordinator gives up after its own timeout.
        .catch((error: unknown) =>
          log.warn({ id, problem: String(error) }, 'the result of the maintenance cannot be recorded'),
        )
        .then(() => {
          if (current?.control === control) current = null;
        });
      current = { control, done };
      const enough = new AbortController();
      await Promise.race([done, clock.sleep(momentMs, enough.signal)]);
      enough.abort();
    },
    ended: async () => current?.done,
    stop: () => stop('the agent was stopped'),
  };
}
