import { doublingPauseMs } from '@picket/shared/backoff.ts';
import type { Situation } from '../../model/situation.ts';
import { rehearsalRetryAfter } from '../../model/waits.ts';

const hourMs = 3_600_000;

/**
 * Whether the newest snapshot of a cluster is to be rehearsed now, by the schedule of its spec. After a failure it is tried again sooner, with
 * growing pauses. A cluster that is frozen or ends has no schedule, nor has one without a snapshot. Pure.
 */
export function isRehearsalDue({ spec, progress, now }: Pick<Situation, 'spec' | 'progress' | 'now'>): boolean {
  const { rehearseEveryHours = 0 } = spec.snapshots;
  const { last, rehearsal } = progress.snapshots;
  if (rehearseEveryHours === 0 || last === null || progress.frozen !== null || progress.deletion !== null) return false;
  const interval = rehearseEveryHours * hourMs;
  const failure = rehearsal?.failure ?? null;
  if (failure !== null) return away(failure.at, now) >= doublingPauseMs(failure.count, rehearsalRetryAfter, interval);
  return rehearsal?.worked == null || away(rehearsal.worked.at, now) >= interval;
}

/** Includes moments in the future: a wait must end, however far ahead the clock was when it began. */
function away(at: number, now: number): number {
  return Math.abs(now - at);
}
