import { type Concern, unchanged } from '../../model/concern.ts';
import { noSnapshots } from '../../model/snapshot-progress.ts';
import { leaseSeconds, snapshotSeconds } from '../../model/waits.ts';
import { snapshots } from './snapshots.ts';

/** One snapshot when it is due. */
export const snapshotsConcern = {
  decide: { schedule: snapshots },
  apply: {
    'assign-snapshot': ({ snapshots: before }, { executor, why }, { now, fresh }) => ({
      snapshots: { ...before, task: { id: fresh.id, executor, why, issuedAt: now } },
    }),
    'withdraw-snapshot': ({ snapshots: before }, { reason }, { now }) => {
      if (before.task === null) return {};
      const { id, executor } = before.task;
      const count = (before.failure?.count ?? 0) + 1;
      return { snapshots: { ...before, task: null, failure: { id, executor, at: now, count, reason } } };
    },
    'record-snapshot': ({ snapshots: before }, { id, takenAt }) => {
      const by = before.task?.executor;
      const last = { id, takenAt, ...(by === undefined ? {} : { by }) };
      return { snapshots: { task: null, last, failure: null } };
    },
  },
  orders: ({ snapshots: { task } }, member) =>
    task?.executor === member
      ? { snapshot: { id: task.id, validForSeconds: leaseSeconds, deadlineSeconds: snapshotSeconds } }
      : {},
  onFreeze: ({ snapshots: before }) => ({ snapshots: { ...before, task: null } }),
  onClockStep: ({ snapshots: { task, last, failure } }, shift) => ({
    snapshots: {
      task: task && { ...task, issuedAt: shift(task.issuedAt) },
      last,
      failure: failure && { ...failure, at: shift(failure.at) },
    },
  }),
  onStart: unchanged,
  onTakeOver: () => ({ snapshots: noSnapshots }),
  onReset: () => ({ snapshots: noSnapshots }),
} satisfies Concern<'snapshots'>;
