import { rm } from 'node:fs/promises';
import type { RestoreOrder } from '@picket/shared/protocol/snapshots.ts';
import { findEtcdutl, type RestoreRequest, restoreDataDir } from '../host/etcdutl.ts';
import type { Clock } from '../host/host.ts';
import { writeInParts } from '../host/part-file.ts';
import { fetchSnapshot, type SnapshotSource } from './fetch-snapshot.ts';
import { fetchedSnapshotPath } from './fetched-snapshot.ts';

/** Where the data of a snapshot goes, and as whose. */
export type RestorePlace = Omit<RestoreRequest, 'id' | 'file'>;

/** Makes a data dir of a snapshot that the coordinator has, whole or not at all. Throws `etcdutl_missing`, `restore_failed`. */
export type RestoreSnapshot = (order: RestoreOrder, place: RestorePlace) => Promise<void>;

export function snapshotRestorer(
  coordinator: SnapshotSource,
  { etcdBinary, stateDir, clock }: { readonly etcdBinary: string; readonly stateDir: string; readonly clock: Clock },
): RestoreSnapshot {
  return async (order, place) => {
    const { snapshot: id } = order;
    // First of all: without it the download is for nothing.
    const etcdutl = await findEtcdutl(id, etcdBinary);
    const file = fetchedSnapshotPath(stateDir);
    await writeInParts(file, (writer) => fetchSnapshot(order, coordinator, writer, (ms) => clock.sleep(ms)));
    try {
      await restoreDataDir(etcdutl, { id, file, ...place });
    } finally {
      await rm(file, { force: true });
    }
  };
}
