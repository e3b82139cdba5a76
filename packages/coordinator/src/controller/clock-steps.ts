import type { Instant } from '../model/instant.ts';
import type { ClusterProgress } from '../model/progress.ts';
import { eachChanges } from './concerns.ts';

/** The progress after the wall clock was set by this much while the coordinator ran: each wait goes on where it was. */
export function afterClockStep(progress: ClusterProgress, byMs: number): ClusterProgress {
  return eachChanges(progress, (concern, part) => concern.onClockStep(part, (at) => at + byMs));
}

/**
 * The progress as a coordinator takes it up that has just started. Only the wall clock has outlived the last process, and
 * may have been set meanwhile: how old a permit or a trial is cannot be known, so that each counts as begun only now. Too
 * long a wait delays the next restart by minutes, too short a one lets two members be down at once (R2). Of other waits only
 * those are mended that have not begun yet by this clock, since they would end only when it is there again.
 */
export function afterStart(progress: ClusterProgress, now: Instant): ClusterProgress {
  const begun = eachChanges(progress, (concern, part) => concern.onClockStep(part, (at) => Math.min(at, now)));
  return eachChanges(begun, (concern, part) => concern.onStart(part, now));
}
