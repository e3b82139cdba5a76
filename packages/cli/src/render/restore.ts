import { plain } from '@picket/shared/plain.ts';
import type { ClusterStatusView, MemberView } from '@picket/shared/protocol/clusters.ts';
import { answersReads } from '@picket/shared/protocol/etcd-health.ts';
import type { SnapshotView } from '@picket/shared/protocol/snapshots.ts';
import { freshForMs, reportAge } from './member-health.ts';
import { mayBeMissing } from './snapshots.ts';
import { byteSize, dateTime, span } from './units.ts';

/** What a restore gives up, and the snapshot, shown before the operator confirms it. */
export function givenUpByRestore(status: ClusterStatusView, snapshot: SnapshotView, now: number): string {
  const { name, clusterId, members, state } = status;
  const held = members
    .filter(({ incarnation }) => incarnation !== null)
    .map(
      (member) => `  - ${plain(member.name)} (${plain(member.phase)}, ${standingOf(member, Date.parse(status.now))})`,
    );
  const id = clusterId === null ? '' : `, etcd cluster ${plain(clusterId)}`;
  const keys = snapshot.totalKeys === null ? '' : `, ${snapshot.totalKeys} entries`;
  const checked = snapshot.checkedBy === 'etcdutl' ? 'checked by etcdutl' : 'checked by its hash';
  return [
    `A restore replaces the data of ${plain(name)} (${state}${id}) with the snapshot ${plain(snapshot.id)}:`,
    `  taken ${dateTime(snapshot.takenAt)}, ${span(Math.max(0, now - Date.parse(snapshot.takenAt)))} ago, from ` +
      `${plain(snapshot.member)} (${plain(snapshot.why.message)})`,
    `  revision ${snapshot.revision}${keys}, ${byteSize(snapshot.sizeBytes)}, ${checked}`,
    ...mayBeMissing(snapshot),
    'All that was written after the snapshot is lost.',
    ...(held.length === 0
      ? ['No member has data now.']
      : ['These members are stopped and start again as another etcd cluster:', ...held]),
    'One node founds the cluster with the data of the snapshot; the others enter as learners.',
    'Revisions continue far above the former ones, so a client that watches gets the error that its revision is compacted.',
    '',
  ].join('\n');
}

/** The state of a member by its last report, while that is fresh. A silent member may still serve. */
function standingOf(member: MemberView, now: number): string {
  const { status } = member;
  const age = reportAge(member, now);
  if (status === null || age === undefined || age < 0) return 'not known to serve';
  if (age > freshForMs) return `silent for ${span(age)}`;
  if (answersReads(status)) return 'serves';
  const { state, damage, dataDamage } = status.service;
  if (state === 'lost-data' || damage !== undefined) return 'has lost its data';
  if (dataDamage !== undefined) return 'etcd cannot use its data';
  if (state === 'stopped') return 'etcd stopped';
  if (state === 'crashed') return 'etcd crashed';
  return 'etcd answers no reads';
}

/** What happens now, and what the operator may have to do. */
export function restoreBegun(name: string, snapshot: SnapshotView): string {
  return [
    `${plain(name)} is being restored from the snapshot ${plain(snapshot.id)}. \`picket status ${plain(name)} --watch\` shows the progress.`,
    'For each machine that is lost, run `picket node evict ID --lost`, then join a new machine with the same name: paste there the ' +
      `line that \`picket token create ${plain(name)}\` prints.`,
  ].join('\n');
}
