import { reason } from '@picket/shared/reasons/reason.ts';
import type { Deletion } from '../../model/deletion-progress.ts';
import { act, hold, type Opinion } from '../../model/opinion.ts';
import type { Situation } from '../../model/situation.ts';
import { snapshotRetryAfter } from '../../model/waits.ts';
import { hasFreshSnapshot, snapshots, whoTakesIt } from '../snapshots/snapshots.ts';

/**
 * What a deletion waits for until a snapshot was taken, checked and stored since it was ordered, and some minutes ago at most; null once that
 * is so.
 * Unlike a snapshot before a change, this one is never given up: an operator orders the deletion without it. Pure.
 */
export function lastSnapshot(situation: Situation, { before, name, by }: Deletion): Opinion | null {
  const { task, last, failure } = situation.progress.snapshots;
  if (last !== null && last.id !== before && hasFreshSnapshot(situation)) return null;
  const why = reason('cluster_deleted_by', { by });
  if (task !== null) {
    const { step } = snapshots(situation);
    return step === null ? hold(reason('takes_snapshot', { executor: task.executor, id: task.id, why })) : act(step);
  }
  const executor = whoTakesIt(situation);
  if (executor === null) return hold(reason('last_snapshot_needs_voter', { cluster: name }));
  if (failure !== null && Math.abs(situation.now - failure.at) < snapshotRetryAfter)
    return hold(reason('last_snapshot_failed', { cluster: name, failure: failure.reason }));
  return act({ kind: 'assign-snapshot', executor, why: reason('before', { why }) });
}
