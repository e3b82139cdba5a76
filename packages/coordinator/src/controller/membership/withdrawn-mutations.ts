import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import type { Instant } from '../../model/instant.ts';
import { mapped } from '../../model/mapped.ts';
import type { MemberProgress, Mutation, WithdrawnMutation } from '../../model/membership-progress.ts';
import type { ClusterProgress } from '../../model/progress.ts';
import type { Situation } from '../../model/situation.ts';
import { orderOverAfter } from '../../model/waits.ts';

/** The part of progress that shows which change of membership may be in progress. */
export type Changes = Pick<ClusterProgress, 'assignment' | 'withdrawn'>;

/**
 * Nothing is ordered any longer. A voter that has not heard of this may still carry out the order while its lease holds
 * (R3). Adding a learner changes no vote, and is left out.
 */
export function withoutAssignment({ assignment, withdrawn: before }: Changes, now: Instant): Changes {
  const mutation = assignment?.mutation;
  if (mutation === undefined || mutation.kind === 'add-learner') return { assignment: null, withdrawn: before };
  const others = before.filter((one) => !isSame(one.mutation, mutation));
  return { assignment: null, withdrawn: [...others, { mutation, at: now }] };
}

/** The member is a voter now. An order to remove the learner may now remove the voter. */
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

/** No order for this member can take effect any longer: etcd no longer lists it. */
export function withoutMember({ assignment, withdrawn: before }: Changes, memberId: string): Changes {
  return {
    assignment: concerns(assignment?.mutation, memberId) ? null : assignment,
    withdrawn: before.filter(({ mutation }) => mutation.memberId !== memberId),
  };
}

/** The orders that can surely no longer take effect, since their lease is over. */
export function lapsedMutation({ progress, now }: Pick<Situation, 'progress' | 'now'>): WithdrawnMutation | null {
  return progress.withdrawn.find(({ at }) => now > endOf(at)) ?? null;
}

/**
 * Why no vote may change now and no voter be down, beside the present order. A change to the given member itself does
 * not count: whichever happens last, the result is the same.
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
 * The situation if every promotion that may have happened did: its executor has or had the order, and since then no
 * accepted list has shown that it can no longer happen.
 */
export function asIfPromoted(situation: Situation): Situation {
  const { progress } = situation;
  const asked = [progress.assignment, ...progress.withdrawn].flatMap((one) =>
    one?.mutation.kind === 'promote' ? [one.mutation.member] : [],
  );
  const members = mapped(
    progress.members,
    (incarnation, name): MemberProgress => (asked.includes(name) ? { ...incarnation, phase: 'voter' } : incarnation),
  );
  return { ...situation, progress: { ...progress, members } };
}

/** An executor may begin at its lease's last moment, and its effect appears in the next report. */
function endOf(at: Instant): Instant {
  return at + orderOverAfter;
}

function concerns(mutation: Mutation | undefined, memberId: string): boolean {
  return mutation !== undefined && mutation.kind !== 'add-learner' && mutation.memberId === memberId;
}

function isSame(one: WithdrawnMutation['mutation'], other: WithdrawnMutation['mutation']): boolean {
  return one.kind === other.kind && one.memberId === other.memberId;
}
