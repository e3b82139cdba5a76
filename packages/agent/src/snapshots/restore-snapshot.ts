import { rm } from 'node:fs/promises';
import { failure } from '@picket/shared/errors.ts';
import type { RestoreOrder } from '@picket/shared/protocol/snapshots.ts';
import type { CoordinatorClient } from '../coordinator/client.ts';
import { fetchInParts } from '../coordinator/fetch-in-parts.ts';
import { type PartWriter, writeInParts } from '../host/files/part-file.ts';
import { type RestoreRequest, restoreDataDir } from '../host/files/restore-data-dir.ts';
import type { Clock, HostFiles, Owner } from '../host/host.ts';
import type { FindRestoreProgram } from '../host/restore-program.ts';
import type { ProgramSource } from '../programs/fetch-program.ts';
import { fetchTool } from './fetch-tool.ts';
import { fetchedSnapshotPath } from './snapshot-files.ts';

/** The target of a restore, and its owner. */
type RestorePlace = Omit<RestoreRequest, 'id' | 'file'>;

/**
 * Makes a data directory from a snapshot of the coordinator, whole or not at all. Throws `etcdutl_missing`,
 * `restore_failed`.
 */
export type RestoreSnapshot = (order: RestoreOrder, place: RestorePlace) => Promise<void>;

interface RestorerDeps {
  readonly findProgram: FindRestoreProgram;
  readonly stateDir: string;
  readonly files: HostFiles;
  readonly clock: Clock;
}

export function snapshotRestorer(
  coordinator: SnapshotSource & ProgramSource,
  { findProgram, stateDir, files, clock }: RestorerDeps,
): RestoreSnapshot {
  const sleep = (ms: number) => clock.sleep(ms);

  /** The installed program, else the one that the release store has for this node. */
  async function programFor({ snapshot: id, tool }: RestoreOrder, owner: Owner | null): Promise<string> {
    const installed = await findProgram();
    if (installed !== null) return installed.path;
    if (tool === undefined) {
      const problem = 'no etcdutl is installed, and the release store has none for this node';
      throw failure('etcdutl_missing', { id, problem });
    }
    try {
      return await fetchTool(tool, coordinator, { stateDir, owner, files, sleep });
    } catch (error) {
      const problem = error instanceof Error ? error.message.replace(/\.$/, '') : String(error);
      throw failure('etcdutl_missing', { id, problem }, { cause: error });
    }
  }

  return async (order, place) => {
    // First: without the program, the download is useless.
    const program = await programFor(order, place.owner);
    const file = fetchedSnapshotPath(stateDir);
    await writeInParts(file, (writer) => fetchSnapshot(order, coordinator, writer, sleep));
    try {
      await restoreDataDir(program, { id: order.snapshot, file, ...place });
    } finally {
      await rm(file, { force: true });
    }
  };
}

type SnapshotSource = Pick<CoordinatorClient, 'readSnapshot'>;

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
