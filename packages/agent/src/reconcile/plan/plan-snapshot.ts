import type { AcceptedMember, AgentStep, CurrentState } from '../../model/model.ts';
import { leaseHolds } from '../lease.ts';

/**
 * The snapshot that this node has been asked for, unless it was begun already: each order is tried once, by whichever
 * agent, and the coordinator gives out another. It is no part of what the node should be, so that nothing waits for it.
 */
export function planSnapshot(accepted: AcceptedMember, current: CurrentState): readonly AgentStep[] {
  const order = accepted.document.snapshot;
  if (order === undefined || current.journal.lastSnapshot?.id === order.id) return [];
  if (!leaseHolds(accepted, order.validForSeconds, current.monotonic)) return [];
  if (current.service.kind !== 'running' || current.etcd === null) return [];
  return [{ kind: 'take-snapshot', order }];
}
