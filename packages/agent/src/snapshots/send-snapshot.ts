import { snapshotPartBytes } from '@picket/shared/protocol/snapshots.ts';
import type { CoordinatorClient } from '../coordinator/client.ts';
import type { EtcdGateway } from '../etcd/etcd.ts';

export type SnapshotReceiver = Pick<CoordinatorClient, 'snapshotPart' | 'snapshotEnd'>;

/**
 * Streams a snapshot of this node's etcd to the coordinator, part by part, with never more than one part in memory. The
 * coordinator checks that it is whole by the hash at its end, which etcd computed. Resolves to its size.
 */
export async function sendSnapshot(
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
