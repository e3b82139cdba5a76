import type { NodeView } from '@picket/shared/protocol/nodes.ts';
import { factLines } from './facts.ts';
import { renderTable } from './table.ts';
import { endOf, pastTime, type Times } from './units.ts';

/** `picket node list` */
export function nodeTable(nodes: readonly NodeView[], times: Times): string {
  if (nodes.length === 0)
    return 'No node has joined yet. `picket token create CLUSTER` prints the install command that joins one.';
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
      'IDENTITY EXPIRES',
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
      node.certificatesExpireAt && endOf(node.certificatesExpireAt, times),
      identity(node, times),
      pastTime(node.joinedAt, times),
      node.reportedAt && pastTime(node.reportedAt, times),
    ]),
  );
}

/** `picket node show` */
export function nodeDetails(node: NodeView, times: Times): string {
  const { client, certificatesExpireAt, evictedAt, identityFrozen, reportedAt } = node;
  return factLines([
    ['ID', node.id],
    ['Cluster', node.cluster],
    client === null ? ['Member', node.member ?? '-'] : ['Client', client],
    ['Address', node.address ?? '-'],
    ['Agent', node.agentVersion],
    ['Generation', String(node.generation)],
    ['Certificates expire', certificatesExpireAt === null ? '-' : endOf(certificatesExpireAt, times)],
    evictedAt === null ? ['Identity expires', identity(node, times)] : ['Evicted', pastTime(evictedAt, times)],
    ...(identityFrozen === null ? [] : [['Frozen', identityFrozen.message] as const]),
    ['Joined', pastTime(node.joinedAt, times)],
    ['Last report', reportedAt === null ? '-' : pastTime(reportedAt, times)],
  ]);
}

/** The agent renews the identity, unless the node is frozen or was evicted. */
function identity({ identityExpiresAt, identityFrozen, evictedAt }: NodeView, times: Times): string {
  if (evictedAt !== null) return `evicted ${pastTime(evictedAt, times)}`;
  const end = identityExpiresAt === null ? 'long ago' : endOf(identityExpiresAt, times);
  return identityFrozen === null ? end : `${end}, frozen`;
}
