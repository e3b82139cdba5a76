import { isoTime } from '@picket/shared/iso-time.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import type { Hold, Permit } from './permit-progress.ts';
import type { ClusterProgress } from './progress.ts';

/** Until when a member is held at the latest, as a timestamp. */
export function heldUntil({ issuedAt, hold }: Permit): string {
  return isoTime(issuedAt + (hold?.seconds ?? 0) * 1000);
}

/** Who holds a member, until when, why, and how to end it. */
export function heldWords(cluster: string, permit: Permit, { by, why }: Hold): Reason<'held'> {
  return reason('held', { cluster, member: permit.member, by, until: heldUntil(permit), why });
}

/** Whether the agent had begun a hold, for the event of its end; nothing for another permit. */
export function ofHold({ hold }: Permit): { readonly hold?: 'begun' | 'not-begun' } {
  return hold === undefined ? {} : { hold: hold.taken ? 'begun' : 'not-begun' };
}

/** The permit of the member that is held now, or whose hold is ending; null if there is none. */
export function openHold({ permit }: Pick<ClusterProgress, 'permit'>): (Permit & { readonly hold: Hold }) | null {
  return permit?.hold?.taken === true ? { ...permit, hold: permit.hold } : null;
}
