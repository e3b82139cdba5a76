import { isoTime } from '@picket/shared/iso-time.ts';
import { found } from '@picket/shared/problems/catalogue.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import { restoreAbility } from '../controller/formation/able-to-restore.ts';
import type { Situation } from '../model/situation.ts';
import { isRecent } from './recent.ts';

/**
 * What an operator should know about a cluster's snapshots: failures, none taken, rehearsals, the source of a restore, and nodes
 * that could not restore one.
 */
export function snapshotNotices({ progress, spec, status, now }: Situation): readonly Reason[] {
  const { last, failure, rehearsal } = progress.snapshots;
  const { everyMinutes, rehearseEveryHours = 0 } = spec.snapshots;
  const view = {
    ...{ lastAt: last?.takenAt ?? null, failure, everyMinutes },
    rehearsal: {
      workedAt: rehearsal?.worked?.at ?? null,
      failure: rehearsal?.failure ?? null,
      everyHours: rehearseEveryHours,
    },
  };
  const notices = found(({ ofSnapshots }) => ofSnapshots?.(view, now)).map(({ why }) => why);
  const { from, startedAt, clusterId = null } = progress.formation ?? {};
  const isRestored = from !== undefined && clusterId !== null;
  if (isRestored && startedAt !== undefined && isRecent(startedAt, now)) {
    const { snapshot, takenAt } = from;
    const { formations } = progress;
    notices.push(reason('restored_from_snapshot', { snapshot, takenAt: isoTime(takenAt), formations }));
  }
  return [...notices, ...unableToRestore({ spec, status })];
}

/** Shown while the cluster is healthy: after a disaster it is late to look for a program. */
function unableToRestore({ spec, status }: Pick<Situation, 'spec' | 'status'>): readonly Reason[] {
  return spec.members.flatMap(({ name }) => {
    const node = status.nodes[name];
    const ability = node === undefined ? null : restoreAbility(node);
    // A node that does not say it may well be able to.
    if (ability === null || ability.ok || ability.unsaid === true) return [];
    return [reason('could_restore_none', { member: name, why: ability.why })];
  });
}
