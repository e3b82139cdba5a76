import type { Readable } from 'node:stream';
import { failure, PicketError } from '@picket/shared/errors.ts';
import type { SnapshotRecord } from '../inventory/inventory.ts';
import type { S3Store } from './s3-store.ts';
import type { SnapshotFolder } from './snapshot-folder.ts';

/** Reads snapshots from the folder or the store. */
export function storedCopies({ folder, store }: { readonly folder: SnapshotFolder; readonly store: S3Store | null }) {
  const coming = new Map<string, Promise<void>>();

  async function fromStore(object: string, id: string): Promise<Readable> {
    if (store !== null) return store.read(object, id);
    throw withoutStore(object);
  }

  async function bring({ id, sizeBytes, sha256 }: SnapshotRecord, object: string): Promise<void> {
    const incoming = await folder.receive(id, sizeBytes);
    try {
      const content: AsyncIterable<Buffer> = await fromStore(object, id);
      for await (const chunk of content) await incoming.append(chunk);
      const [facts] = await incoming.finish(sizeBytes, async () => undefined);
      if (facts.sha256 === sha256) return;
    } catch (error) {
      await incoming.abandon();
      // Only a fault in the whole object counts against it: not one of the connection, nor of the local disk.
      if (!(error instanceof PicketError) || error.code !== 'snapshot_invalid') throw error;
      throw failure('snapshot_damaged', { id, problem: `of ${object}: ${error.message}` });
    }
    await folder.remove(id);
    throw failure('snapshot_damaged', { id, problem: `${object} has another hash` });
  }

  return {
    /**
     * Ensures that the file is in the folder, and fetches it from the store if it is not: etcdutl reads files, and a
     * restore that has begun must not need the store any longer. Resolves to whether it was fetched now. Throws
     * `snapshot_damaged`, `snapshot_no_room`, `snapshot_store_failed`, `snapshot_object_refused`.
     */
    async ensure(record: SnapshotRecord) {
      const { id, object } = record;
      if (object === null || (await folder.has(id))) return false;
      const brought = coming.get(id) ?? bring(record, object).finally(() => coming.delete(id));
      coming.set(id, brought);
      await brought;
      return true;
    },

    /**
     * From the folder, else from the store. Throws `snapshot_damaged`, `snapshot_store_failed`,
     * `snapshot_object_refused`.
     */
    async open({ id, object }: SnapshotRecord): Promise<Readable> {
      return object === null || (await folder.has(id))
        ? (await folder.open(id)).createReadStream()
        : fromStore(object, id);
    },

    /**
     * Removes what the store has of it, also if that was not recorded yet: only the store knows what was sent. The local file stays. Throws
     * `snapshot_store_failed`, `snapshot_object_refused`.
     */
    async removeObject({ id, cluster, object }: SnapshotRecord): Promise<void> {
      if (store !== null) await store.remove(object ?? store.objectOf(cluster, id));
      else if (object !== null) throw withoutStore(object);
    },
  };
}

function withoutStore(object: string): PicketError {
  return failure('snapshot_store_failed', { store: object, problem: 'coordinator.yml names no snapshotStore' });
}
