import type { AcceptedMember, AgentStep, CurrentState } from '../../model/model.ts';
import { leaseHolds } from '../lease.ts';

/**
 * The maintenance that the coordinator has ordered, unless it has begun. Like a snapshot, an order is tried once,
 * whichever agent does it, and nothing waits for it.
 */
export function planMaintenance(accepted: AcceptedMember, current: CurrentState): readonly AgentStep[] {
  const order = accepted.document.maintenance;
  const incarnation = current.journal.startedWith?.incarnation;
  if (order === undefined || incarnation === undefined || current.journal.lastMaintenance?.id === order.id) return [];
  if (!leaseHolds(accepted, order.validForSeconds, current.monotonic)) return [];
  if (current.service.kind !== 'running' || current.etcd === null) return [];
  return [{ kind: 'maintenance', order, incarnation }];
}
