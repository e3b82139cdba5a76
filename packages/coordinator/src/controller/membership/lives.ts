import type { Instant } from '../../model/instant.ts';
import type { AppliedIndices, MemberProgress, MembershipProgress } from '../../model/membership-progress.ts';

/** A life that has just been named. */
export function newLife(incarnation: string, phase: 'founding' | 'adding', now: Instant): MemberProgress {
  return { incarnation, phase, memberId: null, since: now, caughtUp: false, unfit: null };
}

/** The members with this change to one that is there. */
export function withMember(
  { members }: Pick<MembershipProgress, 'members'>,
  name: string,
  change: Partial<MemberProgress>,
): Pick<MembershipProgress, 'members'> {
  const { [name]: member } = members;
  return { members: member === undefined ? members : { ...members, [name]: { ...member, ...change } } };
}

/** What was shown of etcd's list is from now on the least that is believed. */
export function withLists(
  { listedAsOf }: Pick<MembershipProgress, 'listedAsOf'>,
  asOf: AppliedIndices,
): Pick<MembershipProgress, 'listedAsOf'> {
  return { listedAsOf: { ...listedAsOf, ...asOf } };
}
