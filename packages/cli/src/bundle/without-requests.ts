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

/** A line of etcd's log without the request that it means. */
export function withoutRequest(line: string): string {
  if (!line.includes('"request')) return line;
  try {
    const fields = Object.entries(JSON.parse(line) as object);
    return JSON.stringify(
      Object.fromEntries(fields.map(([name, value]) => [name, name.startsWith('request') ? '…' : value])),
    );
  } catch {
    // The line was cut.
    return line.replace(/"request.*/s, '…');
  }
}
