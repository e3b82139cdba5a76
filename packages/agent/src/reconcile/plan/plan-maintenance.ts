import type { AcceptedMember, AgentStep, CurrentState } from '../../model/model.ts';
import { leaseHolds } from '../lease.ts';

/**
 * The maintenance of etcd's database that this node has been asked for, unless it was begun already: as a snapshot is, it is
 * tried once, by whichever agent, and nothing waits for it.
 */
export function planMaintenance(accepted: AcceptedMember, current: CurrentState): readonly AgentStep[] {
  const order = accepted.document.maintenance;
  const incarnation = current.journal.startedWith?.incarnation;
  if (order === undefined || incarnation === undefined || current.journal.lastMaintenance?.id === order.id) return [];
  if (!leaseHolds(accepted, order.validForSeconds, current.monotonic)) return [];
  if (current.service.kind !== 'running' || current.etcd === null) return [];
  return [{ kind: 'maintenance', order, incarnation }];
}
