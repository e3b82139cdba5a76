import { reason } from '@picket/shared/reasons/reason.ts';
import type { AcceptedMember, CurrentState, Plan } from '../../model/model.ts';
import { leaseHolds } from '../lease.ts';

/** The change of etcd's membership that the coordinator has ordered from this node, while it may still begin (R3). */
export function planMembership(accepted: AcceptedMember, current: CurrentState): Pick<Plan, 'steps' | 'waits'> {
  const step = accepted.document.membershipStep;
  const { lastStep } = current.journal;
  if (step === null || (lastStep?.id === step.id && lastStep.outcome === 'done')) return { steps: [], waits: [] };
  if (!leaseHolds(accepted, step.validForSeconds, current.monotonic)) {
    return { steps: [], waits: [reason('order_not_begun', { change: step.kind, member: step.member })] };
  }
  if (current.service.kind !== 'running' || current.etcd === null) {
    return { steps: [], waits: [reason('order_awaits_etcd', { change: step.kind, member: step.member })] };
  }
  return { steps: [{ kind: 'change-membership', step }], waits: [] };
}
