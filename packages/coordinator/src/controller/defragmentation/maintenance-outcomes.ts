import type { Reason } from '@picket/shared/reasons/reason.ts';
import type { Instant } from '../../model/instant.ts';
import type { MaintenanceProgress } from '../../model/maintenance-progress.ts';

/** This member has rewritten its database. */
export function defragmented(before: MaintenanceProgress, member: string, now: Instant): MaintenanceProgress {
  const { noSpace } = before;
  return {
    ...before,
    defragmentedAt: { ...before.defragmentedAt, [member]: now },
    failure: null,
    noSpace: noSpace && { ...noSpace, defragmented: [...noSpace.defragmented, member] },
  };
}

/**
 * This member had a permit to defragment, and that failed.
 *
 * @param withdrawnAt when it was withdrawn, and counted as a failure: a later report of the failure is the same one
 */
export function notDefragmented(
  before: MaintenanceProgress,
  { member, reason }: { readonly member: string; readonly reason: Reason },
  now: Instant,
  withdrawnAt: Instant | null = null,
): MaintenanceProgress {
  if (withdrawnAt !== null && before.failure?.member === member && before.failure.at === withdrawnAt) return before;
  const tried = { ...before, defragmentedAt: { ...before.defragmentedAt, [member]: now } };
  return failed(tried, member, reason, now, 'defragmentation');
}

/** This member had an order for maintenance, and that failed. */
export function failed(
  before: MaintenanceProgress,
  member: string,
  reason: Reason,
  now: Instant,
  of: 'task' | 'defragmentation',
): MaintenanceProgress {
  const times = before.failure?.of === of ? before.failure.count : 0;
  return { ...before, failure: { member, at: now, count: times + 1, reason, of } };
}
