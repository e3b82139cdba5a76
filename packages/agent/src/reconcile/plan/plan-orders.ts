import { reason } from '@picket/shared/reasons/reason.ts';
import type { AcceptedMember, AgentStep, CurrentState, Plan } from '../../model/model.ts';
import { leaseIsValid } from '../lease.ts';
import { nothing, waiting } from './etcd/steps.ts';

/** The change of etcd's membership that the coordinator has ordered from this node, while it may still begin (R3). */
export function planMembership(accepted: AcceptedMember, current: CurrentState): Plan {
  const step = accepted.document.membershipStep;
  const { lastStep } = current.journal;
  if (step === null || (lastStep?.id === step.id && lastStep.outcome === 'done')) return nothing;
  const order = { change: step.kind, member: step.member };
  if (!leaseIsValid(accepted, step.validForSeconds, current.monotonic))
    return waiting(reason('order_not_begun', order));
  if (!answers(current)) return waiting(reason('order_awaits_etcd', order));
  return { ...nothing, steps: [{ kind: 'change-membership', step }] };
}

/** The hold that the coordinator has granted, while it may still begin (R2). It begins once. */
export function planHold(accepted: AcceptedMember, current: CurrentState): Plan {
  const { permit } = accepted.document;
  const { startedWith, held, holdRefused } = current.journal;
  if (permit?.act !== 'hold' || held?.permit === permit.id) return nothing;
  // The order is over: who gave it repeats it once the cause is gone.
  if (holdRefused?.permit === permit.id) return nothing;
  if (!leaseIsValid(accepted, permit.validForSeconds, current.monotonic)) return waiting(reason('hold_lease_over'));
  if (startedWith === null || !answers(current)) return waiting(reason('hold_awaits_etcd'));
  const { incarnation } = startedWith;
  return { ...nothing, steps: [{ kind: 'take-hold', permitId: permit.id, incarnation, stop: permit.stop }] };
}

/**
 * The snapshot that the coordinator has ordered, unless it has begun. Each order is tried once, whichever agent does
 * it; after a failure, the coordinator gives another order. It is no part of the node's desired condition, so nothing
 * waits for it.
 */
export function planSnapshot(accepted: AcceptedMember, current: CurrentState): readonly AgentStep[] {
  const order = accepted.document.snapshot;
  if (order === undefined || current.journal.lastSnapshot?.id === order.id) return [];
  if (!leaseIsValid(accepted, order.validForSeconds, current.monotonic) || !answers(current)) return [];
  return [{ kind: 'take-snapshot', order }];
}

/** The maintenance that the coordinator has ordered, unless it has begun. As for a snapshot, nothing waits for it. */
export function planMaintenance(accepted: AcceptedMember, current: CurrentState): readonly AgentStep[] {
  const order = accepted.document.maintenance;
  const { startedWith, lastMaintenance } = current.journal;
  if (order === undefined || startedWith === null || lastMaintenance?.id === order.id) return [];
  const isDue = order.kind === 'admit-picket' ? keepsOut(current) : answers(current);
  if (!leaseIsValid(accepted, order.validForSeconds, current.monotonic) || !isDue) return [];
  return [{ kind: 'maintenance', order, incarnation: startedWith.incarnation }];
}

function answers({ service, etcd }: CurrentState): boolean {
  return service.kind === 'running' && etcd !== null;
}

/** etcd's authentication keeps this agent out. */
function keepsOut({ service, etcd, authentication }: CurrentState): boolean {
  return service.kind === 'running' && etcd === null && authentication.on;
}
