import { failure } from '@picket/shared/errors.ts';
import { isoTime, isoTimeOrNull } from '@picket/shared/iso-time.ts';
import {
  LogAnswer,
  LogCursor,
  type LogOrder,
  LogRequest,
  LogTaken,
  LogView,
  longestLogWait,
  mostLogBytes,
  mostLogLines,
} from '@picket/shared/protocol/logs.ts';
import { Identifier, strict } from '@picket/shared/protocol/words.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { noDifference } from '../audit/difference.ts';
import type { NodeRecord } from '../inventory/inventory.ts';
import { followBook } from '../logs/follow-book.ts';
import { changed } from './audited.ts';
import { ofNode } from './audited-nodes.ts';
import type { ApiDeps } from './deps.ts';
import { nodeOf, operatorOf } from './mutual-tls.ts';
import { refuseUntilReadopted, refuseWhileFrozen, refuseWhileWithheld } from './resting.ts';
import type { App } from './typed.ts';
import { ById } from './words.ts';

const usualLines = 200;
/** For what stands around the lines. */
const bodyLimit = mostLogBytes + 8192;
const ByFollow = Type.Object({ id: Identifier, follow: Identifier }, strict);
const AfterCursor = Type.Object({ cursor: LogCursor }, strict);

/**
 * Logs of nodes, for operators: the node fetches an order with its poll and sends the lines. The coordinator passes them on and keeps
 * nothing.
 */
export function logRoutes(app: App, deps: ApiDeps, monotonic: () => number): void {
  const { logs, statuses } = deps;
  const follows = followBook(deps.newId, monotonic);

  app.post(
    '/v1/nodes/:id/logs',
    {
      config: {
        access: 'operator',
        waits: true,
        audit: { object: ofNode, asks: ['log', 'lines', 'sinceSeconds', 'follow'] },
      },
      schema: { params: ById, body: LogRequest, response: { 200: LogView } },
    },
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
  app.get(
    '/v1/nodes/:id/logs/:follow',
    {
      exposeHeadRoute: false,
      config: { access: 'operator', waits: true },
      schema: { params: ByFollow, querystring: AfterCursor, response: { 200: LogView } },
    },
    async (request, reply) => {
      const { id: nodeId, follow } = request.params;
      const log = follows.read(follow, { operator: operatorOf(request).uri, nodeId });
      const node = await readable(nodeId, log);
      const { cursor } = request.query;
      const found = await readFrom(reply, node, { log, lines: mostLogLines, sinceSeconds: null, cursor });
      return { ...found, follow };
    },
  );

  app.post(
    '/v1/node/logs/:id',
    {
      config: { access: 'node' },
      bodyLimit,
      // Before its body is read.
      onRequest: async (request: FastifyRequest) =>
        logs.expect(nodeOf(request).nodeId, (request.params as { readonly id: string }).id),
      schema: { params: ById, body: LogAnswer, response: { 200: LogTaken } },
    },
    async (request) => {
      logs.answer(nodeOf(request).nodeId, request.params.id, request.body);
      return {};
    },
  );

  /** Throws why the coordinator gives this node no order. */
  async function readable(id: string, log: LogOrder['log']): Promise<NodeRecord> {
    const node = await deps.inventory.nodes.find(id);
    if (node === null) throw failure('not_found', { what: 'node', name: id });
    const { cluster, evictedAt } = node;
    if (evictedAt !== null) throw failure('log_of_evicted_node', { node: nameOf(node), evictedAt: isoTime(evictedAt) });
    if (log === 'etcd' && node.kind === 'client') throw failure('node_is_client', { client: node.client, cluster });
    refuseUntilReadopted(deps, id);
    refuseWhileFrozen(deps, cluster);
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
    // The operator may have been shut out meanwhile (R8).
    app.judge(request);
    const name = nameOf(node);
    switch (outcome.kind) {
      case 'too-old':
        throw failure('log_agent_too_old', { node: name, version: versionOf(node) });
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

  function versionOf(node: NodeRecord): string {
    return statuses.latest(node.id)?.status.agent.version ?? node.facts.agentVersion;
  }
}

function nameOf(node: NodeRecord): string {
  return node.kind === 'member' ? node.member : node.client;
}
