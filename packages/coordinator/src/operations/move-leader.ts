import { failure } from '@picket/shared/errors.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import { underWay } from '../controller/under-way.ts';
import { leads, serving, servingVoters } from '../model/health.ts';
import type { LeaderMove } from '../model/leadership-progress.ts';
import type { Situation } from '../model/situation.ts';
import { type Operation, taking } from './operation.ts';
import { requireOrderable } from './require-orderable.ts';

/**
 * An operator's order: the leader hands the leadership over to this member. Throws what {@link requireOrderable} does, and
 * `handover_refused`, `already_so`.
 */
export function moveLeader(member: string, { by }: { readonly by: string }): Operation {
  return {
    decide(situation) {
      const { spec } = situation;
      requireOrderable(situation, member);
      const judged = judgeHandover(situation, member);
      if ('refused' in judged && judged.refused.code === 'leads_already')
        throw failure('already_so', { reason: judged.refused });
      if ('refused' in judged)
        throw failure('handover_refused', { cluster: spec.name, member, reason: judged.refused });
      return taking(situation, { kind: 'assign-handover', member, by, ...judged });
    },
  };
}

/** Who hands over to this member, or why nobody can now. */
export function judgeHandover(
  situation: Situation,
  member: string,
): { readonly refused: Reason } | Pick<LeaderMove, 'executor' | 'memberId'> {
  const { progress } = situation;
  const incarnation = progress.members[member];
  const busy = underWay(situation);
  if (busy !== null) return { refused: busy };
  if (incarnation?.phase !== 'voter' || incarnation.memberId === null || incarnation.leaving !== undefined)
    return { refused: reason('no_voter_to_lead', { member }) };
  const health = serving(situation, member);
  if (!health.ok) return { refused: reason('of_member', { member, why: health.why }) };
  const executor = servingVoters(situation).find((name) => leads(situation, name));
  if (executor === undefined) return { refused: reason('leader_unheard') };
  if (executor === member) return { refused: reason('leads_already', { member }) };
  return { executor, memberId: incarnation.memberId };
}
