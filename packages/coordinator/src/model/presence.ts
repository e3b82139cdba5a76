import type { NodeObservation } from './cluster-status.ts';
import type { Instant } from './instant.ts';
import { freshFor } from './waits.ts';

type Heard = Pick<NodeObservation, 'receivedAt' | 'heardAt' | 'unsureUntil'>;

/**
 * Whether the agent of a node reports. `unsure`: it has not reported since the coordinator was started, or since its clock was
 * set, and may not have had the time to (R16, R19). `leftMs`: after this, it has reported or is known to be silent.
 */
export type Presence =
  | { readonly state: 'never-reported' }
  | { readonly state: 'reports' }
  | { readonly state: 'unsure'; readonly leftMs: number }
  | { readonly state: 'silent'; readonly forMs: number };

/**
 * The one judge of silence (R19). Silence counts from the start of the coordinator, or from when its clock was set: before that,
 * nobody listened, or no clock tells how long. Pure.
 */
export function presence(node: Heard, now: Instant): Presence {
  const forMs = silentFor(node, now);
  if (forMs === null) return { state: 'never-reported' };
  if (isHeard(node, now)) return { state: 'reports' };
  const leftMs = unsureFor(node, now);
  return leftMs >= 0 ? { state: 'unsure', leftMs } : { state: 'silent', forMs };
}

/** True if its agent has reported recently, whatever it said. What must wait for silence asks {@link mayBeHeard}. */
export function isHeard({ receivedAt }: Pick<NodeObservation, 'receivedAt'>, now: Instant): boolean {
  return receivedAt !== null && now >= receivedAt && now - receivedAt <= freshFor;
}

/** True unless its agent is known to be silent, or has never reported (R16). */
export function mayBeHeard(node: Heard, now: Instant): boolean {
  const { state } = presence(node, now);
  return state === 'reports' || state === 'unsure';
}

/** For how many milliseconds it has been silent at least; null if it has never reported. */
export function silentFor({ receivedAt, heardAt }: Heard, now: Instant): number | null {
  return receivedAt === null ? null : Math.max(0, now - (heardAt ?? receivedAt));
}

/** For how many milliseconds it may still turn out that its agent reports; negative if it is known to be silent. */
export function unsureFor(node: Heard, now: Instant): number {
  const left = freshFor - (silentFor(node, now) ?? Number.POSITIVE_INFINITY);
  return Math.max(left, (node.unsureUntil ?? Number.NEGATIVE_INFINITY) - now);
}

/**
 * True while its agent may not have had the time to report since the coordinator was started, or since its clock was set: what it
 * has done meanwhile is not known yet (R19).
 */
export function isAwaited(node: Pick<NodeObservation, 'unsureUntil'> | undefined, now: Instant): boolean {
  return node?.unsureUntil !== undefined && now <= node.unsureUntil;
}
