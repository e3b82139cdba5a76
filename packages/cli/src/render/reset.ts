import { plain } from '@picket/shared/plain.ts';
import type { ClusterStatusView, ClusterView } from '@picket/shared/protocol/clusters.ts';

/** What a reset gives up, shown before the operator confirms it. */
export function abandonedByReset({ name, clusterId, members }: ClusterStatusView): string {
  const lives = members.filter(({ incarnation }) => incarnation !== null);
  const held = lives.map(
    (member) => `  - ${plain(member.name)} (${plain(member.phase)}, incarnation ${plain(member.incarnation ?? '')})`,
  );
  return [
    `A reset gives up the formation of ${plain(name)}${clusterId === null ? '' : `, etcd cluster ${plain(clusterId)}`}.`,
    ...(held.length === 0 ? ['No member was started yet.'] : ['These members give up their data:', ...held]),
    'The cluster loses all that was written to it. The data directories stay on the disks and are never used again.',
    'The nodes stay joined. The first node that is ready founds the cluster again, with another cluster ID.',
    '',
  ].join('\n');
}

/** The result of a reset. */
export function resetDone({ spec: { name } }: ClusterView): string {
  return `The formation of ${plain(name)} is given up, and another one starts. \`picket status ${plain(name)} --watch\` shows the progress.`;
}
