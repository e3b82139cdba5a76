import type { FreshNames } from '../../model/fresh-names.ts';
import type { Instant } from '../../model/instant.ts';
import type { Step } from '../../model/progress.ts';
import type { SnapshotProgress } from '../../model/snapshot-progress.ts';

type SnapshotStep = Extract<Step, { readonly kind: 'assign-snapshot' | 'withdraw-snapshot' | 'record-snapshot' }>;

/** What has been set going about snapshots, after this step. Pure. */
export function snapshotsAfter(
  before: SnapshotProgress,
  step: SnapshotStep,
  fresh: Pick<FreshNames, 'id'>,
  now: Instant,
): SnapshotProgress {
  switch (step.kind) {
    case 'assign-snapshot':
      return { ...before, task: { id: fresh.id, executor: step.executor, why: step.why, issuedAt: now } };
    case 'withdraw-snapshot': {
      if (before.task === null) return before;
      const { id, executor } = before.task;
      const count = (before.failure?.count ?? 0) + 1;
      return { ...before, task: null, failure: { id, executor, at: now, count, reason: step.reason } };
    }
    case 'record-snapshot': {
      const by = before.task?.executor;
      return {
        task: null,
        last: { id: step.id, takenAt: step.takenAt, ...(by === undefined ? {} : { by }) },
        failure: null,
      };
    }
  }
}
