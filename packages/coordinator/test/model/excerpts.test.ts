import type { NodeStatus } from '@picket/shared/protocol/report.ts';
import t from 'tap';
import { said } from '../../../../test/support/said.ts';
import { readyStatus } from '../../../shared/test/samples/node-status.ts';
import type { NodeObservation } from '../../src/model/cluster-status.ts';
import { withExcerpts } from '../../src/model/excerpts.ts';

const long = 'x'.repeat(2000);

function observed(status: NodeStatus | null): NodeObservation {
  return {
    nodeId: 'node0001',
    joinOrder: 1,
    inventory: 'inventory1',
    generation: 1,
    receivedAt: 0,
    healthySince: null,
    unhealthySince: null,
    status,
  };
}

/** Of all texts in this value. */
function longestIn(value: unknown): number {
  if (typeof value === 'string') return value.length;
  return typeof value === 'object' && value !== null ? Math.max(0, ...Object.values(value).map(longestIn)) : 0;
}

t.test('R18: no text of a node is longer than an excerpt when the controller reads it', async (t) => {
  const ready = readyStatus();
  const outcome = { id: 'step0001', outcome: 'failed', reason: said(long) } as const;
  const status: NodeStatus = {
    ...ready,
    agent: { ...ready.agent, waits: [said(long), said('short')] },
    service: { ...ready.service, reason: said(long), rejected: said(long), damage: long },
    lastStep: { ...outcome, member: 'a' },
    lastSnapshot: outcome,
    lastMaintenance: outcome,
    restoreTool: { installed: null, obstacle: said(long) },
  };
  const { nodes, clients } = withExcerpts({ nodes: { a: observed(status) }, clients: { b: observed(status) } });
  t.equal(longestIn(nodes), 600);
  t.equal(longestIn(clients), 600);
  t.strictSame(nodes.a?.status?.agent.waits[1], said('short'));
});

t.test('a status with short texts, or none, stays unchanged', async (t) => {
  const status = { nodes: { a: observed(readyStatus()), b: observed(null) }, clients: {} };
  t.strictSame(withExcerpts(status), status);
});
