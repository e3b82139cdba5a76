import { failure } from '@picket/shared/errors.ts';
import { happening } from '@picket/shared/events/event.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import { declaredMember } from '../desired-state/node-role.ts';
import type { ClusterProgress } from '../model/progress.ts';
import type { Operation } from './operation.ts';
import { requireNotDeleted, requireNotRestoring } from './require-orderable.ts';

/**
 * An operator takes the replacement of a member back, as long as no voter was asked to remove it (R3). Throws
 * `member_not_declared`, `keep_refused`, `already_so`, `cluster_deleted`, `cluster_restoring`.
 */
export function keep(member: string, { by }: { readonly by: string }): Operation {
  return {
    decide(situation) {
      const { spec, progress } = situation;
      requireNotDeleted(situation);
      requireNotRestoring(situation);
      declaredMember(spec, member);
      const refuse = (why: Reason) => failure('keep_refused', { cluster: spec.name, member, reason: why });
      const incarnation = progress.members[member];
      const leaving = incarnation?.leaving;
      if (incarnation === undefined || leaving === undefined || leaving.learnerOnly === true)
        throw failure('already_so', { reason: reason('not_leaving', { member }) });
      if (isAsked(progress, member)) throw refuse(reason('removal_begun'));
      // Another machine has its place, or an operator has said that its data or its machine must not come back.
      if (leaving.machineGone || leaving.lost === true || leaving.compromised === true)
        throw refuse(reason('replaced_already', { member, why: leaving.reason }));
      const { leaving: _ended, ...kept } = incarnation;
      const members = { ...progress.members, [member]: kept };
      return { progress: { ...progress, members }, events: [happening('keep', { by, member })], result: undefined };
    },
  };
}

/** A voter may remove it, or may have done so before any list shows it. */
function isAsked({ members, assignment, withdrawn }: ClusterProgress, member: string): boolean {
  if (members[member]?.leaving?.asked === true) return true;
  return [assignment, ...withdrawn].some(
    (one) => one?.mutation.member === member && ['remove-learner', 'remove-voter'].includes(one.mutation.kind),
  );
}
