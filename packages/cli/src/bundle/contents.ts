import type { ClusterStatusView } from '@picket/shared/protocol/clusters.ts';
import type { LogName } from '@picket/shared/protocol/logs.ts';
import type { NodeView } from '@picket/shared/protocol/nodes.ts';
import type { Api } from '../api.ts';
import { version } from '../version.ts';

/** The events of a cluster that a bundle has at most, the latest first. */
const mostEvents = 2000;

/** The lines of a log that a bundle has, the newest ones. */
const logLines = 1000;
/** How long a bundle waits for each log of a node: a silent node has two. */
const logSeconds = 10;

/** One file of a bundle, made when it is asked for. */
export interface Part {
  readonly path: string;
  /** What the file contains: text as it is, anything else as JSON. */
  readonly read: (api: Api) => Promise<unknown>;
}

/**
 * What a bundle has of these clusters and of the coordinator: answers that any viewer may read. Neither audit log nor operators
 * nor tokens are among them, since they say more of people than of a fault.
 *
 * @param all these are all clusters of the coordinator
 */
export function contents(clusters: readonly string[], all: boolean): readonly Part[] {
  return [
    { path: 'picket.json', read: async () => ({ version, node: process.version, platform: process.platform }) },
    { path: 'metrics.txt', read: async (api) => metricsOf(await api.metrics(), all ? null : clusters) },
    ...(all
      ? [{ path: 'events.json', read: async (api: Api) => (await api.list('events', { limit: mostEvents })).items }]
      : []),
    ...clusters.flatMap(partsOf),
  ];
}

function partsOf(cluster: string): readonly Part[] {
  const parts: Readonly<Record<string, (api: Api) => Promise<unknown>>> = {
    'cluster.json': (api) => api.cluster({ name: cluster }),
    'status.json': async (api) => withoutRequests(await api.status({ name: cluster })),
    'diagnosis.json': (api) => api.diagnosis({ name: cluster }),
    'history.json': (api) => api.history({ name: cluster }),
    'events.json': async (api) => (await api.list('events', { cluster, limit: mostEvents })).items,
    'revisions.json': async (api) => (await api.list('revisions', {}, { name: cluster })).items,
    'nodes.json': async (api) => (await api.list('nodes', { cluster, all: 'true' })).items,
    'certificates.json': async (api) => (await api.list('certificatesInForce', { cluster })).items,
    'snapshots.json': async (api) => (await api.list('snapshots', { cluster })).items,
    'snapshot-state.json': (api) => api.snapshotState({ name: cluster }),
  };
  return Object.entries(parts).map(([name, read]) => ({ path: `clusters/${cluster}/${name}`, read }));
}

/** The series of these clusters, and those of the coordinator itself; null: all. */
function metricsOf(text: string, clusters: readonly string[] | null): string {
  if (clusters === null) return text;
  return text
    .split('\n')
    .filter((line) => {
      const [, cluster] = /^[a-z_]+\{(?:[^}]*,)?cluster="([^"]*)"/.exec(line) ?? [];
      return cluster === undefined || clusters.includes(cluster);
    })
    .join('\n');
}

/** The logs of these nodes, in the folders of their clusters. A node that does not answer is listed as missing. */
export function logsOf(nodes: readonly NodeView[]): readonly Part[] {
  return nodes.flatMap(({ id, cluster, member, client }) => {
    const logs: readonly LogName[] = member === null ? ['agent'] : ['etcd', 'agent'];
    return logs.map((log) => ({
      path: `clusters/${cluster}/logs/${member ?? client ?? id}-${log}.log`,
      async read(api: Api) {
        const { lines } = await api.readLog({ id, body: { log, lines: logLines, waitSeconds: logSeconds } });
        return `${lines.map(withoutRequest).join('\n')}\n`;
      },
    }));
  });
}

/** A status without the requests of clients in the lines of etcd's log: etcd logs slow ones, with the keys of the store. */
function withoutRequests(status: ClusterStatusView): ClusterStatusView {
  return { ...status, members: status.members.map(cleaned), clients: status.clients.map(cleaned) };
}

function cleaned<Node extends ClusterStatusView['members' | 'clients'][number]>(node: Node): Node {
  if (node.status === null) return node;
  const { service } = node.status;
  return { ...node, status: { ...node.status, service: { ...service, lastLog: service.lastLog.map(withoutRequest) } } };
}

/** A line of etcd's log without the request that it means. */
function withoutRequest(line: string): string {
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
