import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import type { Instant } from '../../model/instant.ts';
import type { Mutation, WithdrawnMutation } from '../../model/membership-progress.ts';
import type { ClusterProgress } from '../../model/progress.ts';
import type { Situation } from '../../model/situation.ts';
import { orderOverAfter } from '../../model/waits.ts';

/** What of progress says which change of membership may be under way. */
export type Changes = Pick<ClusterProgress, 'assignment' | 'withdrawn'>;

/**
 * Nothing is asked for any more. What was asked for may still be made by a voter that has not heard of this, as long as its
 * lease holds (R3). To add a learner changes no vote, and is left out.
 */
export function withoutAssignment({ assignment, withdrawn: before }: Changes, now: Instant): Changes {
  const mutation = assignment?.mutation;
  if (mutation === undefined || mutation.kind === 'add-learner') return { assignment: null, withdrawn: before };
  const others = before.filter((one) => !isSame(one.mutation, mutation));
  return { assignment: null, withdrawn: [...others, { mutation, at: now }] };
}

/** The member is a voter now. A voter that was asked to take out the learner may take out the voter. */
export function withoutPromotion(changes: Changes, member: string, now: Instant): Changes {
  const asked = changes.assignment?.mutation;
  const isPromotion = asked?.kind === 'promote' && asked.member === member;
  const after = asked?.member === member && !isPromotion ? withoutAssignment(changes, now) : changes;
  return {
    assignment: isPromotion ? null : after.assignment,
    withdrawn: after.withdrawn.filter(({ mutation }) => mutation.kind !== 'promote' || mutation.member !== member),
  };
}

/** Its lease is over. */
export function withoutLapsed({ withdrawn: before }: Changes, lapsed: WithdrawnMutation['mutation']) {
  return { withdrawn: before.filter(({ mutation }) => !isSame(mutation, lapsed)) };
}

/** Nothing can be made any more of what was asked for this member: etcd lists it no longer. */
export function withoutMember({ assignment, withdrawn: before }: Changes, memberId: string): Changes {
  return {
    assignment: concerns(assignment?.mutation, memberId) ? null : assignment,
    withdrawn: before.filter(({ mutation }) => mutation.memberId !== memberId),
  };
}

/** What of it can surely no longer be made, since its lease is over. */
export function lapsedMutation({ progress, now }: Pick<Situation, 'progress' | 'now'>): WithdrawnMutation | null {
  return progress.withdrawn.find(({ at }) => now > endOf(at)) ?? null;
}

/**
 * Why no vote may be changed now and no voter be down, beside what is asked for. A change to the given member itself does not
 * count: whichever is made last, it ends the same.
 */
export function stillUnderWay(
  { progress, now }: Pick<Situation, 'progress' | 'now'>,
  member: string | null = null,
): readonly Reason[] {
  return progress.withdrawn
    .filter(({ mutation, at }) => mutation.member !== member && now <= endOf(at))
    .map(({ mutation: { kind, member: of }, at }) =>
      reason('change_lapses', { seconds: Math.ceil((endOf(at) - now) / 1000), member: of, kind }),
    );
}

/**
 * The situation if every promotion was made that may have been: its executor is asked for it, or was, and since then no
 * list that is believed has shown that it can no longer be made.
 */
export function asIfPromoted(situation: Situation): Situation {
  const { progress } = situation;
  const asked = [progress.assignment, ...progress.withdrawn].flatMap((one) =>
    one?.mutation.kind === 'promote' ? [one.mutation.member] : [],
  );
  const members = Object.entries(progress.members).map(([name, life]) =>
    asked.includes(name) ? ([name, { ...life, phase: 'voter' }] as const) : ([name, life] as const),
  );
  return { ...situation, progress: { ...progress, members: Object.fromEntries(members) } };
}

/** An executor may begin at its lease's last moment, and what it does is seen in the next report. */
function endOf(at: Instant): Instant {
  return at + orderOverAfter;
}

function concerns(mutation: Mutation | undefined, memberId: string): boolean {
  return mutation !== undefined && mutation.kind !== 'add-learner' && mutation.memberId === memberId;
}

function isSame(one: WithdrawnMutation['mutation'], other: WithdrawnMutation['mutation']): boolean {
  return one.kind === other.kind && one.memberId === other.memberId;
}
