import { createHash } from 'node:crypto';
import { failure } from '@picket/shared/errors.ts';
import type { RestoreOrder } from '@picket/shared/protocol/snapshots.ts';
import { backoffMs } from '../backoff.ts';
import type { CoordinatorClient } from '../coordinator-client.ts';
import type { PartWriter } from '../host/part-file.ts';
import { RemoteError } from '../remote-error.ts';

export type SnapshotSource = Pick<CoordinatorClient, 'readSnapshot'>;

/** A coordinator that is started anew, or a line that was down, costs no download of an hour. */
const mostTries = 6;

/**
 * Fetches the snapshot that this node is to begin from, part by part, and keeps it only if it is, to the octet, the one
 * that the desired state names. A part that does not come is asked for again for half a minute. Throws `restore_failed`
 * where it is another snapshot, and what the coordinator's client throws.
 */
export async function fetchSnapshot(
  { snapshot: id, sizeBytes, sha256 }: RestoreOrder,
  coordinator: SnapshotSource,
  writer: PartWriter,
  sleep: (ms: number) => Promise<void>,
): Promise<void> {
  const hash = createHash('sha256');
  let received = 0;
  while (received < sizeBytes) {
    const part = await readPart(() => coordinator.readSnapshot(id, received), sleep);
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

async function readPart(read: () => Promise<Buffer>, sleep: (ms: number) => Promise<void>): Promise<Buffer> {
  for (let failures = 1; ; failures += 1) {
    try {
      return await read();
    } catch (error) {
      const refused = error instanceof RemoteError && error.status < 500;
      if (refused || failures === mostTries) throw error;
    }
    await sleep(backoffMs(failures, 1));
  }
}
