import { leads, serving, voters } from '../../model/health.ts';
import { isDeclared } from '../../model/member-names.ts';
import { act, type Opinion } from '../../model/opinion.ts';
import type { Situation } from '../../model/situation.ts';

/**
 * Before a voter that leads is removed, it hands over to one that stays: otherwise the others serve no writes until they
 * have elected a leader. It is asked once. If it does not hand over, it is removed all the same. null if nothing is to be
 * handed over. The caller has made sure that no other change is under way. Pure.
 */
export function handOverFirst(situation: Situation, member: string): Opinion | null {
  const { spec, progress } = situation;
  const incarnation = progress.members[member];
  if (incarnation?.leaving === undefined || incarnation.leaving.handsOver === true) return null;
  if (!leads(situation, member) || !serving(situation, member).ok) return null;
  const next = voters(situation).find(
    ([name, other]) =>
      name !== member && isDeclared(spec, name) && other.leaving === undefined && serving(situation, name).ok,
  );
  if (next === undefined) return null;
  const [name, { memberId }] = next;
  if (memberId === null) return null;
  return act({ kind: 'assign-handover', member: name, memberId, executor: member, by: null });
}
