import type { Situation } from '../controller/model.ts';
import { snapshotPolicy } from '../controller/snapshots.ts';
import { iso } from './page.ts';

/** What an operator should know of a cluster's snapshots: that they fail, that none is taken, what it was restored from. */
export function snapshotNotices({ progress, spec, now }: Situation): string[] {
  const { last, failure } = progress.snapshots;
  const notices: string[] = [];
  if (failure !== null) {
    const before = last === null ? 'there is none of this cluster yet' : `the last good one is of ${iso(last.takenAt)}`;
    const often = failure.count === 1 ? '' : ` ${failure.count} times in a row`;
    notices.push(`The last snapshot failed${often} (${failure.reason}); ${before}.`);
  }
  const { everyMinutes } = snapshotPolicy(spec);
  const late = last !== null && now - last.takenAt > 2 * everyMinutes * 60_000;
  if (everyMinutes > 0 && late && failure === null) {
    notices.push(`The last snapshot is of ${iso(last.takenAt)}, although one is due every ${everyMinutes} minutes.`);
  }
  const from = progress.formation?.from;
  if (from !== undefined) {
    const { snapshot, takenAt } = from;
    notices.push(`It was restored from the snapshot ${snapshot} of ${iso(takenAt)}: formation ${progress.formations}.`);
  }
  return notices;
}
