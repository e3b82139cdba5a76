import { plain } from '@picket/shared/plain.ts';
import type { ClusterStatusView, ClusterView } from '@picket/shared/protocol/clusters.ts';

/** What a reset gives up, before it is confirmed. */
export function abandonedByReset({ name, clusterId, members }: ClusterStatusView): string {
  const lives = members.filter(({ incarnation }) => incarnation !== null);
  const held = lives.map(
    (member) => `  - ${plain(member.name)} (${plain(member.phase)}, incarnation ${plain(member.incarnation ?? '')})`,
  );
  return [
    `A reset abandons the formation of ${plain(name)}${clusterId === null ? '' : `, etcd cluster ${plain(clusterId)}`}.`,
    ...(held.length === 0 ? ['No member has been started yet.'] : ['These give up what they hold:', ...held]),
    'All that was written to it is lost to the cluster: the data directories stay on the disks and are never used again.',
    'The nodes stay joined; the first that is ready founds the cluster anew, with another cluster ID.',
    '',
  ].join('\n');
}

/** What a reset has done. */
export function resetDone({ spec: { name } }: ClusterView): string {
  return `The formation of ${plain(name)} is abandoned; it forms anew. \`picket status ${plain(name)} --watch\` shows how.`;
}
