import type { ClusterStatusView } from '@picket/shared/protocol/clusters.ts';

/** A status without the requests of clients in the lines of etcd's log: etcd logs slow ones, with the keys of the store. */
export function withoutRequests(status: ClusterStatusView): ClusterStatusView {
  return { ...status, members: status.members.map(cleaned), clients: status.clients.map(cleaned) };
}

function cleaned<Node extends ClusterStatusView['members' | 'clients'][number]>(node: Node): Node {
  if (node.status === null) return node;
  const { service } = node.status;
  return { ...node, status: { ...node.status, service: { ...service, lastLog: service.lastLog.map(withoutRequest) } } };
}

function withoutRequest(line: string): string {
  if (!line.includes('"request"')) return line;
  try {
    return JSON.stringify({ ...(JSON.parse(line) as object), request: '…' });
  } catch {
    // The line was cut.
    return line.replace(/"request".*/s, '…');
  }
}
