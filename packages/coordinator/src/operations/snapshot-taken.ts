import { failure } from '@picket/shared/errors.ts';
import type { SnapshotRecord } from '../inventory/inventory.ts';
import { type Operation, taking } from './operation.ts';

/** Records a snapshot that was ordered, and is whole and on the disk. Throws `snapshot_not_wanted`. */
export function snapshotTaken(record: SnapshotRecord): Operation {
  return {
    decide(situation) {
      const { id, takenAt } = record;
      if (situation.progress.snapshots.task?.id !== id) throw failure('snapshot_not_wanted', { id });
      const also = [{ kind: 'snapshot', record } as const];
      return { ...taking(situation, { kind: 'record-snapshot', id, takenAt }), also };
    },
  };
}
