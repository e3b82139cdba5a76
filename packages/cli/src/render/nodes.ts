import type { NodeView } from '@picket/shared/protocol/operators.ts';
import { plain } from './plain.ts';
import { renderTable } from './table.ts';
import { dateTime, endOf } from './units.ts';

/** `picket node list` */
export function nodeTable(nodes: readonly NodeView[], now: number): string {
  if (nodes.length === 0) return 'No node has joined. `picket token create CLUSTER` prints how one does.';
  return renderTable(
    ['ID', 'CLUSTER', 'MEMBER', 'ADDRESS', 'AGENT', 'GENERATION', 'JOINED', 'LAST REPORT', 'IDENTITY ENDS'],
    nodes.map((node) => [
      plain(node.id),
      plain(node.cluster),
      plain(node.member),
      plain(node.address),
      plain(node.agentVersion),
      String(node.generation),
      dateTime(node.joinedAt),
      node.reportedAt === null ? '-' : dateTime(node.reportedAt),
      identity(node, now),
    ]),
  );
}

/** The agent renews it by itself, unless the node is frozen. */
function identity({ identityEnds, identityFrozen }: NodeView, now: number): string {
  const end = identityEnds === null ? 'long ago' : endOf(identityEnds, now);
  return identityFrozen === null ? end : `${end}, frozen`;
}
