import { plain } from '@picket/shared/plain.ts';
import type { NodeView } from '@picket/shared/protocol/nodes.ts';

const certificates = 'Certificates for etcd that it holds are good until they end: revoking one is not built yet.';

export function evicted(id: string): string {
  return [`The node ${plain(id)} is evicted; its name is free for another to join as.`, certificates].join('\n');
}

/** What an operator says by calling a node lost, before it is confirmed. */
export function givenUpAsLost(node: NodeView): string {
  const { id, cluster, member, client, reportedAt } = node;
  const last = reportedAt === null ? 'It has never reported.' : `It reported last at ${reportedAt}.`;
  const who = `Node ${plain(id)} is ${plain(member ?? client ?? '')} of ${plain(cluster)}. ${last}`;
  if (member === null) return `${who}\nIt is evicted for good.\n`;
  return [
    who,
    'To call it lost is to say that its machine or its disk will not come back with its data:',
    '  - Its identity is refused at once, and its name is free for a new machine.',
    '  - Its member leaves etcd as soon as the voters that stay have a majority of their own.',
    '  - If they have none, it counts as lost data: once a majority of all voters is, a restore needs no force.',
    'There is no way back. If the machine is found again, wipe it before you switch it on.',
    '',
  ].join('\n');
}

export function calledLost({ id, cluster, member, client }: NodeView): string {
  const name = plain(member ?? client ?? '');
  return [
    `The node ${plain(id)} (${name}) is evicted as lost. \`picket status ${plain(cluster)}\` shows what follows.`,
    ...(member === null
      ? []
      : [`To join a new machine in its place: \`picket token create ${plain(cluster)} --member ${name}\`.`]),
    certificates,
  ].join('\n');
}
