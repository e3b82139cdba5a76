import { failure } from '@picket/shared/errors.ts';
import { declaredMember } from '../desired-state/node-role.ts';
import { restoreRunning } from '../model/restore-running.ts';
import type { OperationSituation } from './operation.ts';

/**
 * Throws `cluster_restoring` while the cluster is being restored: no member has an incarnation then that an order could mean, and
 * every other reason of a refusal follows from that (R19).
 */
export function requireNotRestoring({
  spec,
  progress,
  rests = false,
}: Pick<OperationSituation, 'spec' | 'progress'> & Partial<Pick<OperationSituation, 'rests'>>): void {
  const running = rests ? null : restoreRunning(progress);
  if (running !== null) throw failure('cluster_restoring', { cluster: spec.name, snapshot: running.snapshot });
}

/** Throws `cluster_deleted` once an operator has ordered to delete the cluster. */
export function requireNotDeleted({ spec, progress }: Pick<OperationSituation, 'spec' | 'progress'>): void {
  if (progress.deletion !== null) throw failure('cluster_deleted', { cluster: spec.name });
}

/**
 * What each order needs that a node carries out: nodes of a frozen cluster get no orders (R5). Throws `cluster_deleted`,
 * `member_not_declared`, `cluster_frozen`; `cluster_restoring` if it names a member.
 *
 * @param member the member that the order names, if it names one
 */
export function requireOrderable(situation: Pick<OperationSituation, 'spec' | 'progress'>, member?: string): void {
  const { spec, progress } = situation;
  requireNotDeleted(situation);
  if (member !== undefined) {
    declaredMember(spec, member);
    requireNotRestoring(situation);
  }
  if (progress.frozen !== null) throw failure('cluster_frozen', { cluster: spec.name, reason: progress.frozen });
}
