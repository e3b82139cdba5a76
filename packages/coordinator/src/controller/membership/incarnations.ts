import type { Instant } from '../../model/instant.ts';
import type { AppliedIndices, MemberProgress, MembershipProgress } from '../../model/membership-progress.ts';

/** An incarnation that has just been named. */
export function newIncarnation(incarnation: string, phase: 'founding' | 'adding', now: Instant): MemberProgress {
  return { incarnation, phase, memberId: null, since: now, caughtUp: false, unfit: null };
}

/** The members with this change to an existing one. */
export function withMember(
  { members }: Pick<MembershipProgress, 'members'>,
  name: string,
  change: Partial<MemberProgress>,
): Pick<MembershipProgress, 'members'> {
  const { [name]: member } = members;
  return { members: member === undefined ? members : { ...members, [name]: { ...member, ...change } } };
}

/** From now on, no list older than this one is accepted. */
export function withLists(
  { listedAsOf }: Pick<MembershipProgress, 'listedAsOf'>,
  asOf: AppliedIndices,
): Pick<MembershipProgress, 'listedAsOf'> {
  return { listedAsOf: { ...listedAsOf, ...asOf } };
}
