import type { Concern } from '../../model/concern.ts';
import { type LastSnapshot, noSnapshots, type SnapshotProgress } from '../../model/snapshot-progress.ts';
import { newTask } from '../../model/task.ts';
import { leaseSeconds, snapshotSeconds } from '../../model/waits.ts';
import { snapshots } from './snapshots.ts';

/** One snapshot when it is due. */
export const snapshotsConcern = {
  decide: { schedule: snapshots },
  apply: {
    'assign-snapshot': ({ snapshots: before }, { executor, why, withoutQuorum }, moment) => {
      const task = { ...newTask(executor, moment), why };
      return { snapshots: { ...before, task: withoutQuorum === undefined ? task : { ...task, withoutQuorum } } };
    },
    'withdraw-snapshot': ({ snapshots: before }, { reason }, { now }) => {
      if (before.task === null) return {};
      const { id, executor, withoutQuorum } = before.task;
      if (withoutQuorum !== undefined)
        return { snapshots: { ...before, task: null, rescueFailure: { id, executor, at: now, reason } } };
      const count = (before.failure?.count ?? 0) + 1;
      return { snapshots: { ...before, task: null, failure: { id, executor, at: now, count, reason } } };
    },
    'record-snapshot': ({ snapshots: before }, { id, takenAt }, { now }) => {
      const by = before.task?.executor;
      const withoutQuorum = before.task?.withoutQuorum;
      if (by !== undefined && withoutQuorum !== undefined)
        return { snapshots: { ...before, task: null, rescue: { id, by, ...withoutQuorum }, rescueFailure: null } };
      const last = { id, takenAt, storedAt: now, ...(by === undefined ? {} : { by }) };
      return { snapshots: { ...withoutAttempts(before), last } };
    },
  },
  instants: {
    snapshots: {
      task: { issuedAt: true },
      last: { storedAt: true },
      failure: { at: true },
      rescueFailure: { at: true },
    },
  },
  orders: ({ snapshots: { task } }, member) =>
    task?.executor === member
      ? { snapshot: { id: task.id, validForSeconds: leaseSeconds, deadlineSeconds: snapshotSeconds } }
      : {},
  audited: ({ snapshots: { task } }) => ({ snapshot: task?.id ?? null }),
  onFreeze: ({ snapshots: before }) => ({ snapshots: { ...before, task: null } }),
  onStart: ({ snapshots: before }) => ({ snapshots: { ...before, last: before.last && ofEarlierRun(before.last) } }),
  onTakeOver: () => ({ snapshots: noSnapshots }),
  onReset: () => ({ snapshots: noSnapshots }),
} satisfies Concern<'snapshots'>;

/** Snapshots come and go; when a restore was last rehearsed stays. */
function withoutAttempts({ rehearsal }: SnapshotProgress): SnapshotProgress {
  return rehearsal === undefined ? noSnapshots : { ...noSnapshots, rehearsal };
}

function ofEarlierRun({ storedAt: _byItsClock, ...last }: LastSnapshot): LastSnapshot {
  return last;
}
