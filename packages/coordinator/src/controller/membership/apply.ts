import type { Apply, Concern } from '../../model/concern.ts';
import { withoutKey } from '../../model/mapped.ts';
import type { MembershipProgress } from '../../model/membership-progress.ts';
import { mostGone } from '../../model/most-kept.ts';
import { reassignAfter } from '../../model/waits.ts';
import { afterIncarnation } from '../configuration/rollout.ts';
import { newIncarnation, withLists, withMember } from './incarnations.ts';
import { retiredIncarnation } from './retired-incarnations.ts';
import { withoutAssignment, withoutLapsed, withoutMember, withoutPromotion } from './withdrawn-mutations.ts';

/** The parts of the progress that membership steps change. */
export const applyMembership: Concern<'membership'>['apply'] = {
  assign: (...given) => assign(...given),
  'record-learner': (progress, { member, memberId, asOf }, { now }) => ({
    ...withMember(progress, member, { phase: 'learner', memberId, since: now, caughtUp: false }),
    ...withoutAddition(progress, member),
    ...withLists(progress, asOf),
  }),
  'record-caught-up': (progress, { member }, { now }) => withMember(progress, member, { caughtUp: true, since: now }),
  'record-lagging': (progress, { member }, { now }) =>
    withMember(progress, member, { caughtUp: false, since: now, lagged: true }),
  'withdraw-assignment': (progress, { mutation }, { now }) => ({
    ...withoutAssignment(progress, now),
    // From now on its lease runs out.
    ...(mutation.kind === 'add-learner' && progress.members[mutation.member]?.leaving !== undefined
      ? withMember(progress, mutation.member, { since: now })
      : {}),
  }),
  'forget-addition': ({ members }, { member }) => ({ members: withoutKey(members, member) }),
  'forget-assignment': (progress, { mutation }) => withoutLapsed(progress, mutation),
  'record-unfit': (progress, { member, reason }, { now }) => ({
    ...withMember(progress, member, { unfit: { since: now, reason } }),
    ...withoutAssignment(progress, now),
  }),
  'record-voter': (progress, { member, asOf }, { now }) => ({
    ...withMember(progress, member, { phase: 'voter', since: now, caughtUp: true }),
    ...withoutPromotion(progress, member, now),
    ...withLists(progress, asOf),
    secondVoterPossible: true,
    stalls: withoutKey(progress.stalls, member),
  }),
  'record-undeclared': (_progress, { members }) => ({ undeclared: members }),
  'record-removed': (...given) => remove(...given),
  'forget-incarnations': ({ retired }, { incarnations }) => {
    const over = new Set(incarnations.map(({ incarnation }) => incarnation));
    return { retired: retired.filter(({ incarnation }) => !over.has(incarnation)) };
  },
  'release-node': ({ departing, stalls }, { member }) => ({
    departing: withoutKey(departing, member),
    stalls: withoutKey(stalls, member),
  }),
  'retire-incarnation': ({ retired }, { member, incarnation, nodeId }) => ({
    retired: [...retired, { ...retiredIncarnation(member, incarnation, nodeId), unknown: true }],
  }),
};

const assign: Apply<'assign'> = (progress, { mutation, executor }, { now, fresh }) => {
  const before = progress.assignment;
  const same = before?.mutation.kind === mutation.kind && before.mutation.member === mutation.member;
  // A coordinator that was down has not seen whether etcd refused it meanwhile.
  const since = same && now - before.issuedAt < 2 * reassignAfter ? before.since : now;
  const assigned = {
    ...(same ? {} : withoutAssignment(progress, now)),
    assignment: { id: fresh.id, mutation, executor, issuedAt: now, since },
  };
  const present = progress.members[mutation.member];
  switch (mutation.kind) {
    case 'promote':
      return {
        ...assigned,
        ...withMember(progress, mutation.member, { promotionSince: present?.promotionSince ?? now }),
        secondVoterPossible: true,
      };
    case 'remove-voter':
      if (present?.leaving === undefined) return assigned;
      return {
        ...assigned,
        ...withMember(progress, mutation.member, { leaving: { ...present.leaving, asked: true } }),
      };
    case 'add-learner':
      if (present !== undefined) return assigned;
      return {
        ...assigned,
        members: { ...progress.members, [mutation.member]: newIncarnation(fresh.incarnation, 'adding', now) },
      };
    case 'remove-learner':
      return assigned;
  }
};

const remove: Apply<'record-removed'> = (progress, step, { now }) => {
  const after = {
    gone: [...progress.gone, step.memberId].slice(-mostGone),
    ...withoutMember(progress, step.memberId),
    listedAsOf: withoutKey({ ...progress.listedAsOf, ...step.asOf }, step.memberId),
  };
  const { [step.member]: present, ...members } = progress.members;
  // A stray learner without an incarnation: the member itself stays.
  if (present?.memberId !== step.memberId) return after;
  const { [step.member]: before, ...others } = progress.stalls;
  const stall = { at: now, count: (before?.count ?? 0) + 1, reason: step.reason };
  return {
    ...after,
    members,
    retired: [...progress.retired, retiredIncarnation(step.member, present.incarnation, step.nodeId)],
    // A member whose incarnation an operator ended may enter again at once.
    stalls: present.leaving === undefined ? { ...others, [step.member]: stall } : others,
    configuration: afterIncarnation(progress.configuration, step.member, now),
  };
};

function withoutAddition(
  { assignment }: Pick<MembershipProgress, 'assignment'>,
  member: string,
): Pick<MembershipProgress, 'assignment'> {
  const isIt = assignment?.mutation.kind === 'add-learner' && assignment.mutation.member === member;
  return { assignment: isIt ? null : assignment };
}
