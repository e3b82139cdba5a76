import { messageOf } from '@picket/shared/problems.ts';
import { type SnapshotOrder, type SnapshotOutcome, snapshotPartBytes } from '@picket/shared/protocol/snapshots.ts';
import { type AnyReason, reason } from '@picket/shared/reasons/reason.ts';
import type { CoordinatorClient } from '../coordinator/client.ts';
import { type EtcdGateway, reasonOfEtcd } from '../etcd/etcd.ts';
import type { JournalStore } from '../journal/journal-store.ts';
import { reported } from '../model/reported.ts';
import type { Log } from '../program/log.ts';
import { oneErrand } from '../program/one-errand.ts';

export type SnapshotErrand = ReturnType<typeof snapshotErrand>;

/**
 * Takes snapshots beside everything else: one may last for minutes, and this node must be observed meanwhile. One at a
 * time. The result is in the journal, and so in the next report.
 */
export function snapshotErrand(coordinator: SnapshotReceiver, log: Log) {
  const { replace, start, ended, stop } = oneErrand('snapshot', log);
  return {
    /**
     * Resolves once the start of this order is recorded. A recorded order is never started again, not even by a later
     * agent.
     */
    async begin({ id, deadlineSeconds }: SnapshotOrder, gateway: EtcdGateway, journal: JournalStore): Promise<void> {
      await replace();
      const note = (outcome: SnapshotOutcome['outcome'], why: AnyReason | null) =>
        journal.set({ lastSnapshot: { id, outcome, reason: why === null ? null : reported(why) } });
      await note('begun', null);
      void start(id, async (control) => {
        const timer = setTimeout(
          () => control.abort(new Error(`it was not sent within ${deadlineSeconds} s`)),
          deadlineSeconds * 1000,
        );
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
      });
    },
    ended,
    stop,
  };
}

type SnapshotReceiver = Pick<CoordinatorClient, 'snapshotPart' | 'snapshotEnd'>;

/**
 * Streams a snapshot of this node's etcd to the coordinator, part by part, with never more than one part in memory. The
 * coordinator checks that it is whole by the hash at its end, which etcd computed. Resolves to its size.
 */
async function sendSnapshot(
  id: string,
  gateway: Pick<EtcdGateway, 'head' | 'snapshot'>,
  coordinator: SnapshotReceiver,
  signal: AbortSignal,
): Promise<number> {
  const { clusterId, revision, version } = await gateway.head();
  const part = Buffer.alloc(snapshotPartBytes);
  let filled = 0;
  let sent = 0;
  async function send(): Promise<void> {
    await coordinator.snapshotPart(id, sent, part.subarray(0, filled));
    sent += filled;
    filled = 0;
    signal.throwIfAborted();
  }
  for await (const piece of gateway.snapshot(signal)) {
    for (let from = 0; from < piece.length; ) {
      const copied = piece.copy(part, filled, from);
      filled += copied;
      from += copied;
      if (filled === part.length) await send();
    }
  }
  if (filled > 0) await send();
  await coordinator.snapshotEnd(id, { sizeBytes: sent, revision, clusterId, etcdVersion: version });
  return sent;
}
