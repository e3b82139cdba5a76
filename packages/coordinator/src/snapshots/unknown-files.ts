import type { FastifyBaseLogger } from 'fastify';
import type { Repositories } from '../inventory/inventory.ts';
import type { SnapshotFolder } from './snapshot-folder.ts';

/**
 * Logs each whole local snapshot without a record, with its size. Called at the start, before any is received. It
 * removes none: after the loss of a coordinator they may be the only ones.
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
    log.warn(
      told,
      'this snapshot has no record, and Picket does not remove it: keep it for etcdutl, or remove the file',
    );
  }
}
