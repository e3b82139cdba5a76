import type { MemberState } from '@picket/shared/protocol/desired-state.ts';
import type { Accepted, CurrentState } from '../model/model.ts';

/**
 * True if a lease of this desired state still holds (R2). It counts on the monotonic clock from the request, so a node
 * that slept cannot act on a lease that the coordinator has since given to another node.
 */
export function leaseIsValid(accepted: Accepted, validForSeconds: number, monotonic: number): boolean {
  if (accepted.requestedAt === null) return false;
  const age = monotonic - accepted.requestedAt;
  // A monotonic clock that runs backwards has restarted: its earlier values mean nothing.
  return age >= 0 && age < validForSeconds * 1000;
}

/**
 * True if etcd stays down because its machine is worked on. That needs no coordinator: it ends with a boot and, by the
 * clock of this node, when the hold has lasted as long as it may (R10).
 */
export function isStoppedForHold(
  { permit }: Pick<MemberState, 'permit'>,
  { journal: { held }, boot, monotonic }: CurrentState,
): boolean {
  if (held === null || !held.stopped || held.boot !== boot) return false;
  const isPermitted = permit?.act === 'hold' && permit.id === held.permit;
  const seconds = isPermitted ? permit.forSeconds : held.alone?.seconds;
  const lasts = monotonic - held.since;
  return seconds !== undefined && lasts >= 0 && lasts < seconds * 1000;
}
