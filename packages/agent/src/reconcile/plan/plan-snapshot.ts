import type { AcceptedMember, AgentStep, CurrentState } from '../../model/model.ts';
import { leaseHolds } from '../lease.ts';

/**
 * The snapshot that the coordinator has ordered, unless it has begun. Each order is tried once, whichever agent does
 * it; after a failure, the coordinator gives another order. It is no part of the node's desired condition, so nothing
 * waits for it.
 */
export function planSnapshot(accepted: AcceptedMember, current: CurrentState): readonly AgentStep[] {
  const order = accepted.document.snapshot;
  if (order === undefined || current.journal.lastSnapshot?.id === order.id) return [];
  if (!leaseHolds(accepted, order.validForSeconds, current.monotonic)) return [];
  if (current.service.kind !== 'running' || current.etcd === null) return [];
  return [{ kind: 'take-snapshot', order }];
}
