import type { Accepted } from '../model/model.ts';

/**
 * True if a lease of this desired state still holds (R2). It counts on the monotonic clock from the request, so a node
 * that slept cannot act on a lease that the coordinator has since given to another node.
 */
export function leaseHolds(accepted: Accepted, validForSeconds: number, monotonic: number): boolean {
  if (accepted.requestedAt === null) return false;
  const age = monotonic - accepted.requestedAt;
  // A monotonic clock that runs backwards has restarted: its earlier values mean nothing.
  return age >= 0 && age < validForSeconds * 1000;
}
