import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import { reachable } from './health.ts';
import type { Instant } from './instant.ts';
import type { Situation } from './situation.ts';
import { freshFor, leaseSeconds, maintenanceSeconds, orderOverAfter } from './waits.ts';

/** An order for etcd's database that one voter has. */
export interface MaintenanceOrderGiven {
  readonly id: string;
  readonly executor: string;
  readonly issuedAt: Instant;
}

/** How an order ended. `why`: what the node says of it. */
export type MaintenanceEnd =
  | { readonly outcome: 'done'; readonly why: Reason }
  | { readonly outcome: 'failed'; readonly why: Reason };

/** How such an order ended, by the last report of its voter; null while it may still end. Pure. */
export function maintenanceEnd(
  { progress, status, now }: Situation,
  { id, executor, issuedAt }: MaintenanceOrderGiven,
  deadlineSeconds = maintenanceSeconds,
): MaintenanceEnd | null {
  const node = status.nodes[executor];
  const last = node?.status?.lastMaintenance;
  const ofThis = last?.id === id ? last : undefined;
  if (ofThis !== undefined && ofThis.outcome !== 'begun') {
    return { outcome: ofThis.outcome, why: reason('node_says', { why: ofThis.reason }) };
  }
  const failed = (why: Reason) => ({ outcome: 'failed', why }) as const;
  if (progress.members[executor]?.phase !== 'voter') return failed(reason('no_voter_any_more'));
  const heard = reachable(node, now);
  if (!heard.ok) return failed(heard.why);
  const late = overdue(ofThis !== undefined, Math.abs(now - issuedAt), deadlineSeconds);
  return late === null ? null : failed(late);
}

/** Why an order is no longer waited for; null while it is. A report of the last moment may still be on its way. */
export function overdue(hasBegun: boolean, age: number, deadlineSeconds = maintenanceSeconds): Reason | null {
  if (!hasBegun && age > orderOverAfter) return reason('not_begun_in_time');
  if (age > (leaseSeconds + deadlineSeconds) * 1000 + freshFor) return reason('not_ended_in_time');
  return null;
}
