import { voters } from '../../model/health.ts';
import { isDeclared } from '../../model/member-names.ts';
import { act, type Opinion } from '../../model/opinion.ts';
import type { Situation } from '../../model/situation.ts';
import { judgeHandover } from '../leadership/judge-handover.ts';

/**
 * Before a voter that leads is removed, it hands over to one that stays: otherwise the others serve no writes until they
 * have elected a leader. It is asked once. If it does not hand over, it is removed all the same. null if nothing is to be
 * handed over. Pure.
 */
export function handOverFirst(situation: Situation, member: string): Opinion | null {
  const { spec, progress, status } = situation;
  const life = progress.members[member];
  if (life?.leaving === undefined || life.leaving.handsOver === true) return null;
  const leader = status.nodes[member]?.status?.etcd?.leader;
  if (leader === undefined || leader !== life.memberId) return null;
  for (const [name, other] of voters(situation)) {
    if (name === member || !isDeclared(spec, name) || other.leaving !== undefined) continue;
    const judged = judgeHandover(situation, name);
    if (!('refused' in judged) && judged.executor === member)
      return act({ kind: 'assign-handover', member: name, by: null, ...judged });
  }
  return null;
}
