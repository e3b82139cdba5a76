import { reason } from '@picket/shared/reasons/reason.ts';
import { isDeclared } from '../../model/member-names.ts';
import { act, type Opinion, waitFor } from '../../model/opinion.ts';
import type { Situation } from '../../model/situation.ts';
import { orderOverAfter } from '../../model/waits.ts';

/** The members that operators have taken out of the spec while they were being added. */
function unadded({ spec, progress }: Situation): readonly string[] {
  return Object.entries(progress.members).flatMap(([name, { phase, leaving }]) =>
    phase === 'adding' && leaving !== undefined && !isDeclared(spec, name) ? [name] : [],
  );
}

/** Nobody is asked any longer to add a member that operators have taken out of the spec. null if nobody is. Pure. */
export function withdrawAddition(situation: Situation): Opinion | null {
  const { assignment, members } = situation.progress;
  if (assignment?.mutation.kind !== 'add-learner' || !unadded(situation).includes(assignment.mutation.member))
    return null;
  const { mutation } = assignment;
  const why = members[mutation.member]?.leaving?.reason ?? reason('being_added');
  return act({ kind: 'withdraw-assignment', mutation, reason: why });
}

/**
 * Forgets such a member once the last order to add it can surely no longer be carried out, and etcd does not list it. If
 * etcd lists it before that, it is a learner, and leaves as one. The caller has a list that a majority of the voters shows,
 * and has recorded each member in it. null if there is none. Pure.
 */
export function forgetUnadded(situation: Situation): Opinion | null {
  const { progress, now } = situation;
  const [member] = unadded(situation);
  const incarnation = member === undefined ? undefined : progress.members[member];
  if (member === undefined || incarnation === undefined) return null;
  const left = incarnation.since + orderOverAfter - now;
  if (left > 0) return waitFor(reason('addition_lapses', { member, seconds: Math.ceil(left / 1000) }));
  return act({ kind: 'forget-addition', member });
}
