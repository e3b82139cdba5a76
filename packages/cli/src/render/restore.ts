import { plain } from '@picket/shared/plain.ts';
import type { ClusterStatusView } from '@picket/shared/protocol/clusters.ts';
import type { SnapshotView } from '@picket/shared/protocol/snapshots.ts';
import { byteSize, dateTime, span } from './units.ts';

/** What a restore gives up, and for what, before it is confirmed. */
export function givenUpByRestore(status: ClusterStatusView, snapshot: SnapshotView, now: number): string {
  const { name, clusterId, members, state } = status;
  const held = members
    .filter(({ incarnation }) => incarnation !== null)
    .map((member) => {
      const serves = member.status?.etcd?.healthy === true ? 'serves' : 'does not serve';
      return `  - ${plain(member.name)} (${plain(member.phase)}, ${serves})`;
    });
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

/** What has been set going, and what may be asked of the operator. */
export function restoreBegun(name: string, snapshot: SnapshotView): string {
  return [
    `${plain(name)} is being restored from the snapshot ${plain(snapshot.id)}. \`picket status ${plain(name)} --watch\` shows how.`,
    'A machine that is lost for good: `picket node evict ID`, then join a new one under the same name.',
  ].join('\n');
}
