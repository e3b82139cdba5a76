import * as Type from 'typebox';
import { LogCursor, LogRequest, LogView, longestLogWait } from '../protocol/logs.ts';
import { EvictionView, EvictRequest, NodesQuery, NodeView } from '../protocol/nodes.ts';
import { Identifier, strict } from '../protocol/primitives.ts';
import { Readopt, ReadoptionView } from '../protocol/readoption.ts';
import type { Contracts } from './contract.ts';
import { ById, nothing, orNone, pagesOf } from './schemas.ts';

const ByFollow = Type.Object({ id: Identifier, follow: Identifier }, strict);
const AfterCursor = Type.Object({ cursor: LogCursor }, strict);

/** For the wait of the coordinator, and half a megabyte over a slow line. */
const logSeconds = longestLogWait + 30;
const logErrors = [
  'cluster_frozen',
  'log_agent_too_old',
  'log_not_sent',
  'log_of_evicted_node',
  'log_unreadable',
  'node_awaits_readoption',
  'node_is_client',
  'node_quarantined',
  'state_not_rendered',
  'too_many_log_requests',
] as const;

/** What operators do with nodes; what a node asks about itself is in `node.ts`. */
export const nodesContracts = {
  nodes: { route: 'GET /v1/nodes', access: 'viewer', ...pagesOf(NodeView), query: NodesQuery },
  /** It answers with content if the node is compromised. */
  evictNode: {
    route: 'POST /v1/nodes/:id/evict',
    access: 'admin',
    params: ById,
    body: orNone(EvictRequest),
    answers: { 200: EvictionView, ...nothing },
    errors: [
      'already_so',
      'cluster_deleted',
      'former_incarnation_stands',
      'node_has_incarnation',
      'node_heard',
      'node_may_serve',
      'replace_refused',
    ],
  },
  unfreezeNode: {
    route: 'POST /v1/nodes/:id/unfreeze',
    access: 'admin',
    params: ById,
    answers: nothing,
    errors: ['identity_not_frozen'],
  },
  readoption: {
    route: 'GET /v1/nodes/:id/readoption',
    access: 'viewer',
    params: ById,
    answers: { 200: ReadoptionView },
  },
  readoptNode: {
    route: 'POST /v1/nodes/:id/readoption',
    access: 'admin',
    params: ById,
    body: Readopt,
    answers: { 200: ReadoptionView },
    errors: ['key_given_up', 'key_not_shown', 'node_evicted', 'readoption_not_needed'],
  },
  /** The newest lines of a log of this node, or those after a cursor. */
  readLog: {
    route: 'POST /v1/nodes/:id/logs',
    access: 'operator',
    params: ById,
    body: LogRequest,
    answers: { 200: LogView },
    waits: true,
    errors: logErrors,
    seconds: logSeconds,
  },
  /** The lines after a cursor, for a log that `readLog` has begun to follow. */
  followLog: {
    route: 'GET /v1/nodes/:id/logs/:follow',
    access: 'operator',
    params: ByFollow,
    query: AfterCursor,
    answers: { 200: LogView },
    waits: true,
    errors: [...logErrors, 'log_follow_unknown'],
    seconds: logSeconds,
  },
} as const satisfies Contracts;
