import type { Reason } from '@picket/shared/reasons/reason.ts';
import type { FreshNames } from '../../model/fresh-names.ts';
import type { Instant } from '../../model/instant.ts';
import { recoveryCountsFor } from '../../model/limits.ts';
import type { Step } from '../../model/progress.ts';
import type { UpkeepProgress } from '../../model/upkeep-progress.ts';

type UpkeepStep = Extract<
  Step,
  {
    readonly kind:
      | 'record-no-space'
      | 'assign-upkeep'
      | 'withdraw-upkeep'
      | 'record-compaction'
      | 'record-defragmentation'
      | 'record-space';
  }
>;

/**
 * What has been set going about etcd's database, after this step. Pure.
 *
 * @param withdrawnAt when the permit that is held was withdrawn
 */
export function upkeepAfter(
  before: UpkeepProgress,
  step: UpkeepStep,
  fresh: Pick<FreshNames, 'id'>,
  now: Instant,
  withdrawnAt: Instant | null,
): UpkeepProgress {
  switch (step.kind) {
    case 'record-no-space':
      // That gaps could not be closed before does not keep anybody from making room.
      return { ...before, failure: null, noSpace: { since: now, compacted: null, defragmented: [] } };
    case 'assign-upkeep':
      return {
        ...before,
        asked: { ...before.asked, [step.task]: step.executor },
        task: { id: fresh.id, kind: step.task, executor: step.executor, issuedAt: now, revision: step.revision },
      };
    case 'withdraw-upkeep': {
      if (before.task === null) return before;
      return { ...failed(before, before.task.executor, step.reason, now, 'task'), task: null };
    }
    case 'record-compaction': {
      const compacted = { at: now, revision: step.revision };
      const noSpace = before.noSpace === null ? null : { ...before.noSpace, compacted, defragmented: [] };
      return { ...before, task: null, failure: null, noSpace };
    }
    case 'record-defragmentation': {
      const { member, outcome } = step;
      if (outcome === 'failed') return afterNoDefragmentation(before, step, now, withdrawnAt);
      const { noSpace } = before;
      const defragmented = [...(noSpace?.defragmented ?? []), member];
      return {
        ...before,
        defragmentedAt: { ...before.defragmentedAt, [member]: now },
        failure: null,
        noSpace: noSpace === null ? null : { ...noSpace, defragmented },
      };
    }
    case 'record-space': {
      const recoveries = [...before.recoveries.filter((at) => now - at < recoveryCountsFor), now];
      return { ...before, task: null, failure: null, noSpace: null, recoveries };
    }
  }
}

/**
 * What has been set going, after this member was given leave to defragment and that came to nothing. Pure.
 *
 * @param withdrawnAt when it was withdrawn, and counted: a failure that is told after that is the same
 */
export function afterNoDefragmentation(
  before: UpkeepProgress,
  { member, reason }: { readonly member: string; readonly reason: Reason },
  now: Instant,
  withdrawnAt: Instant | null = null,
): UpkeepProgress {
  if (withdrawnAt !== null && before.failure?.member === member && before.failure.at === withdrawnAt) return before;
  const tried = { ...before, defragmentedAt: { ...before.defragmentedAt, [member]: now } };
  return failed(tried, member, reason, now, 'defragmentation');
}

function failed(
  before: UpkeepProgress,
  member: string,
  reason: Reason,
  now: Instant,
  of: 'task' | 'defragmentation',
): UpkeepProgress {
  const times = before.failure?.of === of ? before.failure.count : 0;
  return { ...before, failure: { member, at: now, count: times + 1, reason, of } };
}
