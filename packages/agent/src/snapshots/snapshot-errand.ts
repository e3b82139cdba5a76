import { messageOf } from '@picket/shared/problems.ts';
import { largestReason } from '@picket/shared/protocol/reason.ts';
import type { SnapshotOrder, SnapshotOutcome } from '@picket/shared/protocol/snapshots.ts';
import { type AnyReason, reason } from '@picket/shared/reasons/reason.ts';
import { reasonWithin } from '@picket/shared/reasons/within.ts';
import { type EtcdGateway, reasonOfEtcd } from '../etcd/etcd.ts';
import type { JournalStore } from '../journal/journal-store.ts';
import type { Log } from '../program/log.ts';
import { type SnapshotReceiver, sendSnapshot } from './send-snapshot.ts';

/**
 * Takes snapshots beside everything else: one may last for minutes, and this node must be observed meanwhile. One at a
 * time. The result is in the journal, and so in the next report.
 */
export interface SnapshotErrand {
  /**
   * Resolves once the start of this order is recorded. A recorded order is never started again, not even by a later
   * agent.
   */
  begin(order: SnapshotOrder, gateway: EtcdGateway, journal: JournalStore): Promise<void>;
  /** Resolves when none runs. */
  ended(): Promise<void>;
  /** Cancels the one that runs, and resolves when it has ended. */
  stop(): Promise<void>;
}

export function snapshotErrand(coordinator: SnapshotReceiver, log: Log): SnapshotErrand {
  let current: { readonly control: AbortController; readonly done: Promise<void> } | null = null;

  async function stop(): Promise<void> {
    current?.control.abort(new Error('the agent was stopped'));
    await current?.done;
  }

  return {
    async begin(order, gateway, journal) {
      current?.control.abort(new Error('another order replaced it'));
      await current?.done;
      const { id, deadlineSeconds } = order;
      const note = (outcome: SnapshotOutcome['outcome'], why: AnyReason | null) =>
        journal.update((before) => ({
          ...before,
          lastSnapshot: { id, outcome, reason: why === null ? null : reasonWithin(why, largestReason) },
        }));
      await note('begun', null);
      const control = new AbortController();
      const timer = setTimeout(
        () => control.abort(new Error(`it was not sent within ${deadlineSeconds} s`)),
        deadlineSeconds * 1000,
      );
      const work = async (): Promise<void> => {
        try {
          const size = await sendSnapshot(id, gateway, coordinator, control.signal);
          log.info({ id, size }, 'the snapshot is with the coordinator');
          await note('done', reason('snapshot_sent', { bytes: size }));
        } catch (error) {
          log.warn({ id, reason: messageOf(error) }, 'the snapshot failed');
          await note('failed', reasonOfEtcd(error));
        } finally {
          clearTimeout(timer);
        }
      };
      const done = work()
        // If this cannot be recorded, the coordinator gives up after its own timeout.
        .catch((error: unknown) =>
          log.warn({ id, problem: String(error) }, 'the result of the snapshot cannot be recorded'),
        )
        .then(() => {
          if (current?.control === control) current = null;
        });
      current = { control, done };
    },
    ended: async () => current?.done,
    stop,
  };
}
