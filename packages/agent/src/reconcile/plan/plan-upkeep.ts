import type { AcceptedMember, AgentStep, CurrentState } from '../../model/model.ts';
import { leaseHolds } from '../lease.ts';

/**
 * The upkeep of etcd's database that this node has been asked for, unless it was begun already: as a snapshot is, it is
 * tried once, by whichever agent, and nothing waits for it.
 */
export function planUpkeep(accepted: AcceptedMember, current: CurrentState): readonly AgentStep[] {
  const order = accepted.document.upkeep;
  const incarnation = current.journal.startedWith?.incarnation;
  if (order === undefined || incarnation === undefined || current.journal.lastUpkeep?.id === order.id) return [];
  if (!leaseHolds(accepted, order.validForSeconds, current.monotonic)) return [];
  if (current.service.kind !== 'running' || current.etcd === null) return [];
  return [{ kind: 'upkeep', order, incarnation }];
}
