import type { Begun } from '../declaration/make-spec.ts';
import { type NodeRecord, nameOf } from '../inventory/inventory.ts';
import type { ClusterProgress } from '../model/progress.ts';
import { restoreRunning } from '../model/restore-running.ts';

/**
 * How far a cluster has begun. A cluster that will begin again from a snapshot has been founded before. A backup may be
 * older than a correction or an addition of members, without which the cluster cannot be taken over. Pure.
 *
 * @param rests the progress is still that of a backup
 */
export function begunOf(
  { formation, restore, members, departing }: Pick<ClusterProgress, 'formation' | 'restore' | 'members' | 'departing'>,
  nodes: readonly NodeRecord[],
  rests = false,
): Begun {
  return {
    founded: !rests && (formation !== null || restore !== null),
    mayGrow: rests || formation?.clusterId != null,
    mayShrink: !rests && formation?.clusterId != null,
    departing,
    restoring: rests ? null : (restoreRunning({ restore, formation })?.snapshot ?? null),
    living: rests ? [] : Object.keys(members),
    joined: nodes.filter(({ evictedAt }) => evictedAt === null).map(nameOf),
  };
}
