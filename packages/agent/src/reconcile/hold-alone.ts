import type { Journal } from '../journal/journal.ts';
import type { LocalOrder } from '../journal/local-order.ts';
import { type Accepted, type AcceptedMember, isMember } from '../model/model.ts';

/**
 * A hold begins without the coordinator after so many milliseconds without its answer. Another member may have a permit that
 * is in use until then: a report whose answer was lost may have come 35 s later, after it the coordinator counts this node
 * for 35 s as one that serves, answers by a decision that is 5 s old at most, and the last lease lasts for 90 s.
 */
export const quietMs = 165_000;

/** So long the agent has for the beginning once that time is over. */
export const beginWithinMs = 60_000;

export interface HoldAloneFacts {
  readonly journal: Journal;
  readonly order: LocalOrder | null;
  readonly boot: string | null;
  readonly monotonic: number;
  /** Monotonic milliseconds of the coordinator's last answer, or of the start of this agent if that was later. */
  readonly heardAt: number;
}

/**
 * What this node should have, with the hold that root on this machine has ordered without a coordinator. It takes the place
 * of any permit: this node restarts for nobody meanwhile (R2). A hold that has not begun yet is added only while the order
 * is recent and the coordinator is silent, and then it is the only order with a lease.
 */
export function withHoldAlone(accepted: Accepted | null, facts: HoldAloneFacts): Accepted | null {
  if (accepted === null || !isMember(accepted)) return accepted;
  return begun(accepted, facts) ?? ordered(accepted, facts) ?? accepted;
}

function begun(
  accepted: AcceptedMember,
  { journal: { held }, boot, monotonic }: HoldAloneFacts,
): AcceptedMember | null {
  if (held?.alone === undefined || held.boot !== boot) return null;
  const { seconds: forSeconds } = held.alone;
  const lasts = monotonic - held.since;
  if (lasts < 0 || lasts >= forSeconds * 1000) return null;
  const permit = { id: held.permit, act: 'hold', stop: held.stopped, forSeconds, validForSeconds: 0 } as const;
  return { ...accepted, document: { ...accepted.document, permit } };
}

/** True while a hold lasts that the coordinator has granted. */
function isGranted(
  { document: { permit } }: AcceptedMember,
  { journal: { held }, boot, monotonic }: HoldAloneFacts,
): boolean {
  if (permit?.act !== 'hold' || held?.permit !== permit.id || held.boot !== boot) return false;
  return monotonic - held.since < permit.forSeconds * 1000;
}

function ordered(accepted: AcceptedMember, facts: HoldAloneFacts): AcceptedMember | null {
  const { order, boot, monotonic, heardAt } = facts;
  const { held, holdRefused } = facts.journal;
  if (order === null || order.hold === null || order.boot !== boot) return null;
  if (held?.permit === order.id || holdRefused?.permit === order.id) return null;
  if (isGranted(accepted, facts)) return null;
  const age = monotonic - order.at;
  if (age < 0 || age >= quietMs + beginWithinMs || monotonic - heardAt < quietMs) return null;
  const { seconds, stop, why } = order.hold;
  const validForSeconds = (quietMs + beginWithinMs) / 1000;
  const permit = { id: order.id, act: 'hold', stop, forSeconds: seconds, validForSeconds } as const;
  // Their leases count from the coordinator's answer.
  const { maintenance: _maintenance, snapshot: _snapshot, ...document } = accepted.document;
  return {
    document: { ...document, membershipStep: null, permit },
    requestedAt: order.at,
    holdAlone: { seconds, why },
  };
}
