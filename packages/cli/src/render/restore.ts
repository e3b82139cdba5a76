import { plain } from '@picket/shared/plain.ts';
import type { ClusterStatusView, MemberView } from '@picket/shared/protocol/clusters.ts';
import type { SnapshotView } from '@picket/shared/protocol/snapshots.ts';
import { byteSize, dateTime, span } from './units.ts';

/** What a restore gives up, and for what, before it is confirmed. */
export function givenUpByRestore(status: ClusterStatusView, snapshot: SnapshotView, now: number): string {
  const { name, clusterId, members, state } = status;
  const held = members
    .filter(({ incarnation }) => incarnation !== null)
    .map((member) => `  - ${plain(member.name)} (${plain(member.phase)}, ${standingOf(member)})`);
  const id = clusterId === null ? '' : `, etcd cluster ${plain(clusterId)}`;
  const keys = snapshot.totalKeys === null ? '' : `, ${snapshot.totalKeys} entries`;
  const checked = snapshot.checkedBy === 'etcdutl' ? 'checked by etcdutl' : 'checked by its hash';
  return [
    `A restore gives up what ${plain(name)} holds (${state}${id}) for the snapshot ${plain(snapshot.id)}:`,
    `  taken ${dateTime(snapshot.takenAt)}, ${span(Math.max(0, now - Date.parse(snapshot.takenAt)))} ago, from ` +
      `${plain(snapshot.member)} (${plain(snapshot.why)})`,
    `  revision ${snapshot.revision}${keys}, ${byteSize(snapshot.sizeBytes)}, ${checked}`,
    'All that was written since then is lost.',
    ...(held.length === 0
      ? ['No member holds anything now.']
      : ['These are stopped and begin anew, as another etcd cluster:', ...held]),
    'One node makes its data of the snapshot and founds the cluster with it; the others enter as learners.',
    'Revisions go on far above those of before, and whoever watches is told that its revision is compacted.',
    '',
  ].join('\n');
}

/** By its last report: a member that says nothing may serve all the same. */
function standingOf({ status }: MemberView): string {
  if (status?.etcd?.linearizableRead === true || status?.service.quorumRead === true) return 'serves';
  if (status?.service.state === 'lost-data' || status?.service.damage !== undefined) return 'has lost its data';
  return 'not known to serve';
}

/** What has been set going, and what may be asked of the operator. */
export function restoreBegun(name: string, snapshot: SnapshotView): string {
  return [
    `${plain(name)} is being restored from the snapshot ${plain(snapshot.id)}. \`picket status ${plain(name)} --watch\` shows how.`,
    'For each machine that is lost: `picket node evict ID --lost`, then join a new one under the same name by the line of ' +
      `\`picket token create ${plain(name)}\`.`,
  ].join('\n');
}
