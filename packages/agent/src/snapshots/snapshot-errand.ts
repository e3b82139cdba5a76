import { reasonOf } from '@picket/shared/errors.ts';
import { messageOf } from '@picket/shared/problems.ts';
import { largestReason } from '@picket/shared/protocol/reason.ts';
import type { SnapshotOrder, SnapshotOutcome } from '@picket/shared/protocol/snapshots.ts';
import { type AnyReason, reason } from '@picket/shared/reasons/reason.ts';
import { reasonWithin } from '@picket/shared/reasons/within.ts';
import type { EtcdGateway } from '../etcd/etcd.ts';
import type { JournalStore } from '../journal/journal-store.ts';
import type { Log } from '../program/log.ts';
import { type SnapshotReceiver, sendSnapshot } from './send-snapshot.ts';

/**
 * Takes snapshots beside everything else: one may last for minutes, and this node must be looked at meanwhile. One at a
 * time; how it ended is in the journal, and so in the next report.
 */
export interface SnapshotErrand {
  /** Resolves once it is noted that this order is begun; it is not begun twice, by no later agent either. */
  begin(order: SnapshotOrder, gateway: EtcdGateway, journal: JournalStore): Promise<void>;
  /** Resolves when none is under way. */
  ended(): Promise<void>;
  /** Calls off what is under way, and resolves when it has ended. */
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
      current?.control.abort(new Error('another snapshot was asked for meanwhile'));
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
          log.warn({ id, reason: messageOf(error) }, 'the snapshot came to nothing');
          await note('failed', reasonOf(error));
        } finally {
          clearTimeout(timer);
        }
      };
      const done = work()
        // What cannot be noted the coordinator gives up by itself.
        .catch((error: unknown) => log.warn({ id, problem: String(error) }, 'how the snapshot ended cannot be noted'))
        .then(() => {
          if (current?.control === control) current = null;
        });
      current = { control, done };
    },
    ended: async () => current?.done,
    stop,
  };
}
