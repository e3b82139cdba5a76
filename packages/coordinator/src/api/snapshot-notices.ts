import { restoreAbility } from '../controller/able-to-restore.ts';
import type { Situation } from '../controller/model.ts';
import { snapshotPolicy } from '../controller/snapshots.ts';
import { iso } from './page.ts';

/** What an operator should know of a cluster's snapshots: that they fail, that none is taken, what it was restored from, and who could restore none. */
export function snapshotNotices({ progress, spec, status, now }: Situation): string[] {
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
  return [...notices, ...unableToRestore({ spec, status })];
}

/** Shown while the cluster is healthy: after a disaster it is late to look for a program. */
function unableToRestore({ spec, status }: Pick<Situation, 'spec' | 'status'>): string[] {
  return spec.members.flatMap(({ name }) => {
    const node = status.nodes[name];
    const ability = node === undefined ? null : restoreAbility(node);
    // One that does not say it may well be able to.
    if (ability === null || ability.ok || ability.unsaid === true) return [];
    return [`${name} could restore no snapshot: ${ability.why}.`];
  });
}
