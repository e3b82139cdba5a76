import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import { goneFrom } from './health.ts';
import { isAwaited } from './presence.ts';
import type { Situation } from './situation.ts';
import type { Task } from './task.ts';
import { freshFor, leaseSeconds, maintenanceSeconds, orderOverAfter } from './waits.ts';

/** How an order ended. `why`: what the node says of it. */
export type MaintenanceEnd =
  | { readonly outcome: 'done'; readonly why: Reason }
  | { readonly outcome: 'failed'; readonly why: Reason };

/** How such an order ended by the word of its voter; null while that says nothing of it. Pure. */
export function reportedEnd({ status }: Pick<Situation, 'status'>, { id, executor }: Task): MaintenanceEnd | null {
  const last = status.nodes[executor]?.status?.lastMaintenance;
  if (last?.id !== id || last.outcome === 'begun') return null;
  return { outcome: last.outcome, why: reason('node_says', { why: last.reason }) };
}

/** How such an order ended, by the last report of its voter, or since that will say no more of it; null while it may still end. Pure. */
export function maintenanceEnd(
  situation: Situation,
  order: Task,
  deadlineSeconds = maintenanceSeconds,
): MaintenanceEnd | null {
  const { progress, status, now } = situation;
  const { id, executor, issuedAt } = order;
  const said = reportedEnd(situation, order);
  if (said !== null) return said;
  const node = status.nodes[executor];
  const failed = (why: Reason) => ({ outcome: 'failed', why }) as const;
  if (progress.members[executor]?.phase !== 'voter') return failed(reason('no_voter_any_more'));
  const gone = goneFrom(node, now);
  if (gone !== null) return failed(gone);
  if (isAwaited(node, now)) return null;
  const late = overdue(node?.status?.lastMaintenance?.id === id, Math.abs(now - issuedAt), deadlineSeconds);
  return late === null ? null : failed(late);
}

/** Why an order is no longer waited for; null while it is. A report of the last moment may still be on its way. */
export function overdue(hasBegun: boolean, age: number, deadlineSeconds = maintenanceSeconds): Reason | null {
  if (!hasBegun && age > orderOverAfter) return reason('not_begun_in_time');
  if (age > (leaseSeconds + deadlineSeconds) * 1000 + freshFor) return reason('not_ended_in_time');
  return null;
}
