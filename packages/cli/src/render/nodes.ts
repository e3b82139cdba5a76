import type { NodeView } from '@picket/shared/protocol/nodes.ts';
import { factLines } from './facts.ts';
import { renderTable } from './table.ts';
import { dateTime, endOf } from './units.ts';

/** `picket node list` */
export function nodeTable(nodes: readonly NodeView[], now: number): string {
  if (nodes.length === 0)
    return 'No node has joined yet. `picket token create CLUSTER` prints the line that joins one.';
  return renderTable(
    [
      'ID',
      'CLUSTER',
      'KIND',
      'NAME',
      'ADDRESS',
      'AGENT',
      'GENERATION',
      'CERTIFICATES END',
      'IDENTITY ENDS',
      'JOINED',
      'LAST REPORT',
    ],
    nodes.map((node) => [
      node.id,
      node.cluster,
      node.client === null ? 'member' : 'client',
      node.client ?? node.member,
      node.address,
      node.agentVersion,
      node.generation,
      node.certificatesExpireAt && endOf(node.certificatesExpireAt, now),
      identity(node, now),
      dateTime(node.joinedAt),
      node.reportedAt && dateTime(node.reportedAt),
    ]),
  );
}

/** `picket node show` */
export function nodeDetails(node: NodeView, now: number): string {
  const { client, certificatesExpireAt, evictedAt, identityFrozen, reportedAt } = node;
  return factLines([
    ['ID', node.id],
    ['Cluster', node.cluster],
    client === null ? ['Member', node.member ?? '-'] : ['Client', client],
    ['Address', node.address ?? '-'],
    ['Agent', node.agentVersion],
    ['Generation', String(node.generation)],
    ['Certificates end', certificatesExpireAt === null ? '-' : endOf(certificatesExpireAt, now)],
    evictedAt === null ? ['Identity ends', identity(node, now)] : ['Evicted', dateTime(evictedAt)],
    ...(identityFrozen === null ? [] : [['Frozen', identityFrozen.message] as const]),
    ['Joined', dateTime(node.joinedAt)],
    ['Last report', reportedAt === null ? '-' : dateTime(reportedAt)],
  ]);
}

/** The agent renews the identity, unless the node is frozen or was evicted. */
function identity({ identityExpiresAt, identityFrozen, evictedAt }: NodeView, now: number): string {
  if (evictedAt !== null) return `evicted ${dateTime(evictedAt)}`;
  const end = identityExpiresAt === null ? 'long ago' : endOf(identityExpiresAt, now);
  return identityFrozen === null ? end : `${end}, frozen`;
}
