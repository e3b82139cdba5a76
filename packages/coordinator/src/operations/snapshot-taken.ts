import { failure } from '@picket/shared/errors.ts';
import type { SnapshotRecord } from '../inventory/inventory.ts';
import { stepEvent } from '../model/step-event.ts';
import type { Operation } from './operation.ts';

/** Records a snapshot that was ordered, and is whole and on the disk. Throws `snapshot_not_wanted`. */
export function snapshotTaken(record: SnapshotRecord): Operation {
  return {
    decide({ progress, after }) {
      const { id, takenAt } = record;
      if (progress.snapshots.task?.id !== id) throw failure('snapshot_not_wanted', { id });
      const step = { kind: 'record-snapshot', id, takenAt } as const;
      const also = [{ kind: 'snapshot', record } as const];
      return { progress: after(step), events: [stepEvent(step)], also, result: undefined };
    },
  };
}
