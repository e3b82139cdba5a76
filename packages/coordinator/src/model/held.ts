import { isoTime } from '@picket/shared/iso-time.ts';
import { longestHold } from '@picket/shared/protocol/longest-hold.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import type { Instant } from './instant.ts';
import type { Hold, Permit } from './permit-progress.ts';
import type { ClusterProgress } from './progress.ts';
import { stayHealthyFor } from './waits.ts';

/** Until when a member is held at the latest, as a timestamp. */
export function heldUntil({ issuedAt, hold }: Permit): string {
  return isoTime(issuedAt + (hold?.seconds ?? 0) * 1000);
}

/** The hold once somebody has changed it, so that it ends so many seconds after now. `why`: null keeps the former reason. */
export function changedHold(
  { issuedAt, hold }: HeldPermit,
  { by, why, seconds }: { readonly by: string; readonly why: string | null; readonly seconds: number },
  now: Instant,
): Hold {
  const lasted = Math.ceil((now - issuedAt) / 1000);
  return { ...hold, changedBy: by, why: why ?? hold.why, seconds: lasted + seconds };
}

/** The hold when its time counts again from now. Its agent counts on. */
export function restartedHold({ issuedAt, hold }: HeldPermit, now: Instant): Hold {
  const lasted = Math.min(Math.max(0, Math.ceil((now - issuedAt) / 1000)), hold.seconds);
  return { ...hold, earlier: (hold.earlier ?? 0) + lasted };
}

/**
 * How long its agent keeps etcd stopped for it, in seconds from when the agent began it. A hold that nobody has changed ends
 * there by the first order, whatever the coordinator knows of its beginning (R10).
 */
export function secondsOnNode({ seconds, changedBy, earlier = 0 }: Hold): number {
  return changedBy === undefined ? seconds : Math.min(seconds + earlier, longestHold);
}

/** Who holds a member, until when, why, and how to end it. */
export function heldWords(cluster: string, permit: Permit, { by, why }: Hold): Reason<'held'> {
  return reason('held', { cluster, member: permit.member, by, until: heldUntil(permit), why });
}

/** Why nothing else may disrupt a member meanwhile. */
export function heldNow(permit: Permit, { by, why }: Hold): Reason<'held_now'> {
  return reason('held_now', { member: permit.member, by, until: heldUntil(permit), why });
}

/** What is awaited after a hold. */
export function holdEnds(member: string): Reason<'hold_ends'> {
  return reason('hold_ends', { member, seconds: stayHealthyFor / 1000 });
}

/** Whether the agent had begun a hold, for the event of its end; nothing for another permit. */
export function ofHold({ hold }: Permit): { readonly hold?: 'begun' | 'not-begun' } {
  return hold === undefined ? {} : { hold: hold.taken ? 'begun' : 'not-begun' };
}

/**
 * The permit of the member that is held now; null if there is none, or if its hold was ended or its time is over: that member must
 * serve like any other.
 */
export function openHold({ progress: { permit }, now }: HoldSituation): HeldPermit | null {
  if (permit?.hold?.taken !== true || isHoldOver(permit, now)) return null;
  return { ...permit, hold: permit.hold };
}

/** True if a hold was ended, or its time is over. */
export function isHoldOver({ issuedAt, withdrawnAt, hold }: Permit, now: Instant): boolean {
  return withdrawnAt !== null || now - issuedAt >= (hold?.seconds ?? 0) * 1000;
}

/** The permit of a hold. */
export type HeldPermit = Permit & { readonly hold: Hold };

interface HoldSituation {
  readonly progress: Pick<ClusterProgress, 'permit'>;
  readonly now: Instant;
}
