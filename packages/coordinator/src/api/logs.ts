import { nodeContracts } from '@picket/shared/contract/node.ts';
import { nodesContracts } from '@picket/shared/contract/nodes.ts';
import { failure } from '@picket/shared/errors.ts';
import { isoTime, isoTimeOrNull } from '@picket/shared/iso-time.ts';
import { type LogOrder, type LogView, longestLogWait, mostLogLines } from '@picket/shared/protocol/logs.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { noDifference } from '../audit/difference.ts';
import { type NodeRecord, nameOf } from '../inventory/inventory.ts';
import { followBook } from '../logs/follow-book.ts';
import { changed } from './audited.ts';
import type { ApiDeps } from './deps.ts';
import { nodeOf, operatorOf } from './mutual-tls.ts';
import { refuseUntilReadopted, refuseWhileWithheld } from './resting.ts';
import { type App, route } from './route.ts';

const usualLines = 200;

/**
 * Logs of nodes, for operators: the node fetches an order with its poll and sends the lines. The coordinator passes them on and keeps
 * nothing.
 */
export function logRoutes(app: App, deps: ApiDeps, monotonic: () => number): void {
  const { logs, statuses } = deps;
  const follows = followBook(deps.newId, monotonic);

  route(
    app,
    nodesContracts.readLog,
    { audit: { object: 'node :id', asks: ['log', 'lines', 'sinceSeconds', 'follow'] } },
    async (request, reply) => {
      const { log, lines = usualLines, sinceSeconds = null, cursor = null, follow, waitSeconds } = request.body;
      const node = await readable(request.params.id, log);
      const found = await readFrom(reply, node, { log, lines, sinceSeconds, cursor }, waitSeconds);
      changed(request, noDifference);
      const { uri: operator } = operatorOf(request);
      return { ...found, follow: follow === true ? follows.begin({ operator, nodeId: node.id, log }) : null };
    },
  );

  // Without an entry in the audit log: the one of the first request names the log, and that it is followed.
  route(app, nodesContracts.followLog, { exposeHeadRoute: false }, async (request, reply) => {
    const { id: nodeId, follow } = request.params;
    const log = follows.read(follow, { operator: operatorOf(request).uri, nodeId });
    const node = await readable(nodeId, log);
    const { cursor } = request.query;
    const found = await readFrom(reply, node, { log, lines: mostLogLines, sinceSeconds: null, cursor });
    return { ...found, follow };
  });

  route(
    app,
    nodeContracts.sendLog,
    {
      // Before its body is read.
      onRequest: async (request: FastifyRequest) =>
        logs.expect(nodeOf(request).nodeId, (request.params as { readonly id: string }).id),
    },
    async (request) => {
      logs.answer(nodeOf(request).nodeId, request.params.id, request.body);
      return {};
    },
  );

  /** Throws why the coordinator gives this node no order. */
  async function readable(id: string, log: LogOrder['log']): Promise<NodeRecord> {
    const node = await deps.inventory.nodes.required(id);
    const { cluster, evictedAt } = node;
    if (evictedAt !== null) throw failure('log_of_evicted_node', { node: nameOf(node), evictedAt: isoTime(evictedAt) });
    if (log === 'etcd' && node.kind === 'client') throw failure('node_is_client', { client: node.client, cluster });
    refuseUntilReadopted(deps, id);
    refuseWhileWithheld(deps, cluster, id);
    return node;
  }

  async function readFrom(
    { request, raw }: FastifyReply,
    node: NodeRecord,
    wanted: Omit<LogOrder, 'id'>,
    seconds: number = longestLogWait,
  ): Promise<Omit<LogView, 'follow'>> {
    const { id: nodeId, cluster } = node;
    // The signal of a request whose body has been read does not fire when its operator leaves.
    const left = new AbortController();
    raw.once('close', () => left.abort());
    const signal = AbortSignal.any([deps.timeout(seconds * 1000), left.signal, app.closing.signal]);
    const outcome = await logs.ask({ nodeId, operator: operatorOf(request).uri }, wanted, signal);
    // The operator may have been removed meanwhile (R8).
    app.judge(request);
    const name = nameOf(node);
    switch (outcome.kind) {
      case 'too-old':
        throw failure('log_agent_too_old', {
          node: name,
          version: statuses.latest(nodeId)?.status.agent.version ?? node.facts.agentVersion,
        });
      case 'ended':
        throw failure('log_not_sent', { node: name, cluster, seconds, reason: whyUnanswered(nodeId, outcome.fetched) });
      case 'answered': {
        const { answer } = outcome;
        if ('problem' in answer)
          throw failure('log_unreadable', { node: name, log: wanted.log, reason: answer.problem });
        return answer;
      }
    }
  }

  function whyUnanswered(nodeId: string, fetched: boolean): Reason {
    if (fetched) return reason('log_order_not_answered');
    return reason('log_order_not_fetched', { reportedAt: isoTimeOrNull(statuses.latest(nodeId)?.receivedAt ?? null) });
  }
}
