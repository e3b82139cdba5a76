import { createHash } from 'node:crypto';
import { failure } from '@picket/shared/errors.ts';
import type { RestoreOrder } from '@picket/shared/protocol/snapshots.ts';
import type { CoordinatorClient } from '../coordinator-client.ts';
import type { PartWriter } from '../host/part-file.ts';

export type SnapshotSource = Pick<CoordinatorClient, 'readSnapshot'>;

/**
 * Fetches the snapshot that this node is to begin from, part by part, and keeps it only if it is, to the octet, the one
 * that the desired state names. Throws `restore_failed` where it is not, and what the coordinator's client throws.
 */
export async function fetchSnapshot(
  { snapshot: id, sizeBytes, sha256 }: RestoreOrder,
  coordinator: SnapshotSource,
  writer: PartWriter,
): Promise<void> {
  const hash = createHash('sha256');
  let received = 0;
  while (received < sizeBytes) {
    const part = await coordinator.readSnapshot(id, received);
    if (part.length === 0) break;
    hash.update(part);
    await writer.append(part);
    received += part.length;
  }
  const found = hash.digest('hex');
  if (received !== sizeBytes || found !== sha256) {
    const problem = `what came has ${received} bytes and the hash ${found}, and ${sizeBytes} and ${sha256} were told`;
    throw failure('restore_failed', { id, problem });
  }
}
