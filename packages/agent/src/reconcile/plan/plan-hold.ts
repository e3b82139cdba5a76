import { reason } from '@picket/shared/reasons/reason.ts';
import type { AcceptedMember, CurrentState, Plan } from '../../model/model.ts';
import { leaseHolds } from '../lease.ts';

/** The hold that the coordinator has granted, while it may still begin (R2). It begins once. */
export function planHold(accepted: AcceptedMember, current: CurrentState): Pick<Plan, 'steps' | 'waits'> {
  const { permit } = accepted.document;
  const incarnation = current.journal.startedWith?.incarnation;
  const { held, holdRefused } = current.journal;
  if (permit?.act !== 'hold' || held?.permit === permit.id) return { steps: [], waits: [] };
  // The order is over: who gave it repeats it once the cause is gone.
  if (holdRefused?.permit === permit.id) return { steps: [], waits: [] };
  if (!leaseHolds(accepted, permit.validForSeconds, current.monotonic))
    return { steps: [], waits: [reason('hold_lease_over')] };
  if (incarnation === undefined || current.service.kind !== 'running' || current.etcd === null)
    return { steps: [], waits: [reason('hold_awaits_etcd')] };
  return { steps: [{ kind: 'take-hold', permitId: permit.id, incarnation, stop: permit.stop }], waits: [] };
}
