import { failure } from '@picket/shared/errors.ts';
import { declaredMember } from '../desired-state/node-role.ts';
import type { OperationSituation } from './operation.ts';
import { requireNotDeleted } from './require-not-deleted.ts';
import { requireNotRestoring } from './require-not-restoring.ts';

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
  if (progress.frozen !== null) throw failure('cluster_frozen', { name: spec.name, reason: progress.frozen });
}
