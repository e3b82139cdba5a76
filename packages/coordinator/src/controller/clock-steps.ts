import type { Instant } from '../model/instant.ts';
import { type InstantsIn, withInstants } from '../model/instants-in.ts';
import type { ClusterProgress } from '../model/progress.ts';
import { eachChanges, ofEach } from './concerns.ts';

const instants: InstantsIn<ClusterProgress> = Object.assign({}, ...ofEach(({ instants }) => instants));

/**
 * The progress after the wall clock was set by this much while the coordinator ran: each wait continues with the time
 * that it had left.
 */
export function afterClockStep(progress: ClusterProgress, byMs: number): ClusterProgress {
  return withInstants(progress, instants, (at) => at + byMs);
}

/**
 * The progress for a coordinator that has just started. Only the wall clock survives a process, and it may have been
 * set meanwhile, so the age of a permit or a trial is unknown: each counts as begun only now. A wait that is too long
 * delays the next restart by minutes; one that is too short lets two members be down at once (R2). Of other waits, only
 * those that begin in the future by this clock are corrected: otherwise they would end only after that time.
 */
export function afterStart(progress: ClusterProgress, now: Instant): ClusterProgress {
  const begun = withInstants(progress, instants, (at) => Math.min(at, now));
  return eachChanges(begun, (concern, part) => concern.onStart?.(part, now));
}
