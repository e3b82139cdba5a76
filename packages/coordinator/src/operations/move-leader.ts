import { failure } from '@picket/shared/errors.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import { underWay } from '../controller/under-way.ts';
import { serving, voters } from '../model/health.ts';
import type { LeaderMove } from '../model/leadership-progress.ts';
import type { Situation } from '../model/situation.ts';
import { stepEvent } from '../model/step-event.ts';
import type { Operation } from './operation.ts';
import { requireOrderable } from './require-orderable.ts';

/**
 * An operator's order: the leader hands the leadership over to this member. Throws what {@link requireOrderable} does, and
 * `handover_refused`.
 */
export function moveLeader(member: string, { by }: { readonly by: string }): Operation {
  return {
    decide(situation) {
      const { spec } = situation;
      requireOrderable(situation, member);
      const judged = judgeHandover(situation, member);
      if ('refused' in judged)
        throw failure('handover_refused', { cluster: spec.name, member, reason: judged.refused });
      const step = { kind: 'assign-handover', member, by, ...judged } as const;
      return { progress: situation.after(step), events: [stepEvent(step)], result: undefined };
    },
  };
}

/** Who hands over to this member, or why nobody can now. */
export function judgeHandover(
  situation: Situation,
  member: string,
): { readonly refused: Reason } | Pick<LeaderMove, 'executor' | 'memberId'> {
  const { progress, status } = situation;
  const life = progress.members[member];
  const busy = underWay(situation);
  if (busy !== null) return { refused: busy };
  if (life?.phase !== 'voter' || life.memberId === null || life.leaving !== undefined)
    return { refused: reason('no_voter_to_lead', { member }) };
  const health = serving(life, status.nodes[member], situation);
  if (!health.ok) return { refused: reason('of_member', { member, why: health.why }) };
  const leader = voters(situation).find(
    ([name, { memberId }]) =>
      status.nodes[name]?.status?.etcd?.leader === memberId &&
      serving(progress.members[name] ?? life, status.nodes[name], situation).ok,
  );
  if (leader === undefined) return { refused: reason('leader_unheard') };
  if (leader[0] === member) return { refused: reason('leads_already', { member }) };
  return { executor: leader[0], memberId: life.memberId };
}
