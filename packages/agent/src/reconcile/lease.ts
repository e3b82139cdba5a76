import type { Accepted } from '../model/model.ts';

/**
 * Whether a lease of this desired state still holds (R2). It counts on the monotonic clock from when the request
 * was sent, so that a node that slept cannot act on what the coordinator has since given to another.
 */
export function leaseHolds(accepted: Accepted, validForSeconds: number, monotonic: number): boolean {
  if (accepted.requestedAt === null) return false;
  const age = monotonic - accepted.requestedAt;
  // A monotonic clock that runs backwards has been restarted: what it measured before means nothing.
  return age >= 0 && age < validForSeconds * 1000;
}
