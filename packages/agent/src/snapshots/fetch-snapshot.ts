import { failure } from '@picket/shared/errors.ts';
import type { RestoreOrder } from '@picket/shared/protocol/snapshots.ts';
import type { CoordinatorClient } from '../coordinator/client.ts';
import type { PartWriter } from '../host/files/part-file.ts';
import { fetchInParts } from './fetch-in-parts.ts';

export type SnapshotSource = Pick<CoordinatorClient, 'readSnapshot'>;

/**
 * Fetches the snapshot from which this node starts, and keeps it only if it is exactly the one that the desired state
 * names. Throws `restore_failed` if it is another one, and what the coordinator's client throws.
 */
export async function fetchSnapshot(
  order: RestoreOrder,
  coordinator: SnapshotSource,
  writer: PartWriter,
  sleep: (ms: number) => Promise<void>,
): Promise<void> {
  const { snapshot: id } = order;
  const problem = await fetchInParts(order, (offset) => coordinator.readSnapshot(id, offset), writer, sleep);
  if (problem !== null) throw failure('restore_failed', { id, problem });
}
