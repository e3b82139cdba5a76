import { plain } from '@picket/shared/plain.ts';
import type { NodeView } from '@picket/shared/protocol/nodes.ts';

const certificates = 'Its certificates for etcd stay valid until they end: Picket cannot revoke them yet.';

export function evicted(id: string): string {
  return [`The node ${plain(id)} is evicted. Another machine can join with its name.`, certificates].join('\n');
}

/** What it means to call a node lost, shown before the operator confirms it. */
export function givenUpAsLost(node: NodeView): string {
  const { id, cluster, member, client, reportedAt } = node;
  const last = reportedAt === null ? 'It has never reported.' : `Its last report came at ${reportedAt}.`;
  const who = `Node ${plain(id)} is ${plain(member ?? client ?? '')} of ${plain(cluster)}. ${last}`;
  if (member === null) return `${who}\nIf you confirm, it is evicted.\n`;
  return [
    who,
    'If you call it lost, you state that its machine or its disk will not return with its data:',
    '  - The coordinator refuses its identity at once, and a new machine can join with its name.',
    '  - Its member leaves etcd as soon as enough other voters serve.',
    '  - If too few serve, the data of this member counts as lost. Once a majority of all voters counts as lost, a restore needs no --force.',
    'You cannot undo this. If you find the machine again, wipe it before you switch it on.',
    '',
  ].join('\n');
}

export function calledLost({ id, cluster, member, client }: NodeView): string {
  const name = plain(member ?? client ?? '');
  return [
    `The node ${plain(id)} (${name}) is evicted as lost. \`picket status ${plain(cluster)}\` shows what follows.`,
    ...(member === null
      ? []
      : [`To replace it with a new machine: \`picket token create ${plain(cluster)} --member ${name}\`.`]),
    certificates,
  ].join('\n');
}
