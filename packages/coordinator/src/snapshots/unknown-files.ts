import type { FastifyBaseLogger } from 'fastify';
import type { Repositories } from '../inventory/inventory.ts';
import type { SnapshotFolder } from './snapshot-folder.ts';

/**
 * Logs each whole snapshot that lies here and has no record, with its size. For the start, before any is received. None is
 * removed: after the loss of a coordinator they may be all that there is.
 */
export async function tellUnknownFiles({
  folder,
  snapshots,
  log,
}: {
  readonly folder: Pick<SnapshotFolder, 'pathOf' | 'whole'>;
  readonly snapshots: Pick<Repositories['snapshots'], 'find'>;
  readonly log: Pick<FastifyBaseLogger, 'warn'>;
}): Promise<void> {
  for (const { id, sizeBytes } of await folder.whole()) {
    if ((await snapshots.find(id)) !== null) continue;
    const told = { path: folder.pathOf(id), sizeBytes };
    log.warn(told, 'this snapshot is in no list, and nothing removes it: keep it for etcdutl, or remove the file');
  }
}
