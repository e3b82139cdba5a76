import { happening } from '@picket/shared/events/event.ts';
import type { SnapshotRecord } from '../inventory/inventory.ts';
import type { Operation } from './operation.ts';
import { requireNotDeleted } from './require-orderable.ts';

/**
 * Records a snapshot that an operator has imported, and that is whole and on the disk. It never counts as the latest snapshot of the
 * cluster, nor as one before a change: it has nothing of what its etcd holds. Throws `cluster_deleted`.
 */
export function importSnapshot(record: SnapshotRecord, by: string): Operation {
  return {
    decide(situation) {
      requireNotDeleted(situation);
      const { id: snapshot, revision } = record;
      return {
        events: [happening('snapshot-imported', { snapshot, by, revision })],
        also: [{ kind: 'snapshot', record }],
        result: undefined,
      };
    },
  };
}
