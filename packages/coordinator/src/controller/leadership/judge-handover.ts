import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import { serving, voters } from '../../model/health.ts';
import type { LeadershipStep } from '../../model/leadership-progress.ts';
import type { Situation } from '../../model/situation.ts';
import { underWay } from '../permits/under-way.ts';

type Assign = Extract<LeadershipStep, { readonly kind: 'assign-handover' }>;

/** Who hands over to this member, or why nobody can now. */
export function judgeHandover(
  situation: Situation,
  member: string,
): { readonly refused: Reason } | Pick<Assign, 'executor' | 'memberId'> {
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
