import { isOfMinor } from '@picket/shared/etcd-version.ts';
import { presentStatus, voters } from './health.ts';
import type { ClusterProgress } from './progress.ts';
import type { Situation } from './situation.ts';
import { stepUpFrom } from './steps-up.ts';
import { minorBeside, stageOf } from './upgrade-stage.ts';

/**
 * Whether the stage under way needs raft snapshots: it lets members write them, or it brings a minor version that reads no earlier entries.
 * An abort needs none.
 */
export function needsRaftSnapshots(progress: Pick<ClusterProgress, 'upgrade' | 'etcdMinor'>): boolean {
  const { upgrade, etcdMinor } = progress;
  if (upgrade === null || etcdMinor === null || upgrade.leaves !== undefined) return false;
  if (stageOf(progress)?.kind === 'raft-snapshot') return true;
  const step = stepUpFrom(etcdMinor);
  return step?.first === 'raft-snapshot' && step.to === minorBeside(progress);
}

/**
 * The highest raft index that the voters have applied, once each of them shows that etcd's cluster version is that of the cluster: no
 * member has written an entry of a former minor version after it. `unseen`: those that do not show it.
 */
export function raftIndexShown(situation: Situation): { readonly index: number; readonly unseen: readonly string[] } {
  const minor = situation.progress.etcdMinor ?? '';
  const seen = voters(situation).map(([name]) => {
    const { clusterVersion = '', raftAppliedIndex = 0 } = presentStatus(situation, name)?.etcd ?? {};
    return { name, index: isOfMinor(clusterVersion, minor) ? raftAppliedIndex : null };
  });
  return {
    index: Math.max(0, ...seen.map(({ index }) => index ?? 0)),
    unseen: seen.flatMap(({ name, index }) => (index === null ? [name] : [])),
  };
}

/** The voters whose log may still have entries of a former minor version after their newest raft snapshot, as far as they report it. */
export function withoutRaftSnapshot(situation: Situation): readonly string[] {
  return voters(situation).flatMap(([name]) => (hasRaftSnapshot(situation, name) ? [] : [name]));
}

/**
 * Whether this member may end on such an entry as soon as it starts with the next minor version (R17). One that runs it has read its log.
 */
export function endsOnOldEntries(situation: Situation, name: string): boolean {
  const { progress } = situation;
  if (!needsRaftSnapshots(progress) || hasRaftSnapshot(situation, name)) return false;
  const runs = presentStatus(situation, name)?.etcd?.version;
  const brings = minorBeside(progress);
  return runs === undefined || brings === null || !isOfMinor(runs, brings);
}

/** Only a snapshot past the noted index was surely written since then, by the etcd that runs now. */
function hasRaftSnapshot(situation: Situation, name: string): boolean {
  const noted = situation.progress.upgrade?.raftIndex;
  const index = presentStatus(situation, name)?.etcd?.raftSnapshotIndex;
  return noted !== undefined && index !== undefined && index > noted;
}
