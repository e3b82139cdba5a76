import { failure, type WireError } from '@picket/shared/errors.ts';
import type { ClusterStatusView } from '@picket/shared/protocol/clusters.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import t, { type Test } from 'tap';
import { readyStatus } from '../../../shared/test/samples/node-status.ts';
import type { TestCoordinator } from '../support/coordinator.ts';
import { clientOf } from '../support/identities.ts';
import { joinNode, servingAlone, type TestNode } from '../support/nodes.ts';
import { wireRefusal } from '../support/said.ts';
import { asked, sendAll } from '../support/snapshots.ts';
import { type Formed, formed, reportAll } from '../support/voters.ts';

/** Three voters, of which only those with these numbers report. */
async function heard(t: Test, ...numbers: readonly number[]): Promise<Formed> {
  const made = await formed(t);
  made.coordinator.clock.now += 100_000;
  await reportAll(made.nodes.filter((_node, index) => numbers.includes(index + 1)));
  return made;
}

function nodeAt({ nodes }: Formed, number: number): TestNode {
  const node = nodes[number - 1];
  if (node === undefined) throw new Error(`no node ${number}`);
  return node;
}

async function evict({ coordinator, nodes }: Formed, number: number, body?: object): Promise<WireError | 'evicted'> {
  const answer = await coordinator.admin.post(`/v1/nodes/${nodes[number - 1]?.id}/evict`, body);
  return answer.status === 204 ? 'evicted' : answer.json<WireError>();
}

const lost = { lost: true };

/** The refusal of an eviction as lost, since the node has just reported. */
function heardNow({ id: nodeId, name }: TestNode): WireError {
  const why = reason('node_heard_ago', { nodeId, seconds: 0 });
  return failure('node_heard', { nodeId, member: name, cluster: 'x-k3s', reason: why, wait: '35 s' }).toWire();
}

async function progressOf({ running }: TestCoordinator) {
  const record = await running.inventory.clusters.find('x-k3s');
  if (record === null) throw new Error('the cluster is missing');
  return record.progress;
}

async function statusOf({ admin }: TestCoordinator): Promise<ClusterStatusView> {
  return (await admin.get('/v1/clusters/x-k3s/status')).json();
}

/** A stored snapshot of the cluster. */
async function snapshotOf({ coordinator, nodes }: Formed): Promise<string> {
  const id = await asked(coordinator);
  for (const node of nodes) {
    if ((await node.desiredState()).snapshot?.id !== id) continue;
    const answer = await sendAll(node, id);
    if (answer.status !== 200) throw new Error(answer.text);
    return id;
  }
  throw new Error('nobody has the order');
}

t.test(
  'R16: a voter that is declared lost is shut out at once, and leaves etcd if the others can continue',
  async (t) => {
    const made = await heard(t, 1, 2);
    t.equal(await evict(made, 3, lost), 'evicted');
    // The eviction closes its connection.
    const again = clientOf(made.coordinator, nodeAt(made, 3));
    t.match((await again.get('/v1/node/desired-state')).json(), { code: 'node_evicted' });
    const orders = [await nodeAt(made, 1).desiredState(), await nodeAt(made, 2).desiredState()];
    t.match(
      orders.flatMap(({ membershipStep }) => membershipStep ?? []),
      [{ kind: 'remove-voter', memberId: 'a3', force: false }],
    );
  },
);

t.test(
  'R16: if they cannot, the order is stored, and counts for a restore once a majority is declared lost',
  async (t) => {
    const made = await formed(t);
    const snapshot = await snapshotOf(made);
    const { coordinator } = made;
    coordinator.clock.now += 100_000;
    t.equal(await evict(made, 3, lost), 'evicted');
    const restore = () => coordinator.admin.post('/v1/clusters/x-k3s/restore', { snapshot });
    const first = await restore();
    const reasons = [1, 2].map((number) => {
      const { name: member, id: nodeId } = nodeAt(made, number);
      return reason('not_known_lost', { member, nodeId, isVoter: true, why: reason('silent', { seconds: 100 }) });
    });
    const facts = { lost: '1 of its 3', unknown: reason('several', { reasons }) };
    t.match(first.json(), wireRefusal('restore_unproven', facts));
    await coordinator.restart();
    coordinator.clock.now += 100_000;
    t.equal(await evict(made, 2, lost), 'evicted');
    const answer = await coordinator.admin.post('/v1/clusters/x-k3s/restore', { snapshot });
    t.equal(answer.status, 200, answer.text);
  },
);

t.test('R16: a node that has said that it stops is not lost', async (t) => {
  const made = await heard(t, 1, 2);
  const { agent } = readyStatus();
  for (const stops of ['agent', 'machine'] as const) {
    await nodeAt(made, 2).report({ agent: { ...agent, stops } });
    t.same(await evict(made, 2, lost), heardNow(nodeAt(made, 2)), stops);
  }
});

t.test('R16: a node that reports is not lost', async (t) => {
  const made = await heard(t, 1, 2);
  const before = await progressOf(made.coordinator);
  t.same(await evict(made, 2, lost), heardNow(nodeAt(made, 2)));
  t.same(await progressOf(made.coordinator), before);
});

t.test('R3: without that declaration the node of a member is not evicted', async (t) => {
  const made = await heard(t, 1, 2);
  t.match(await evict(made, 3), { code: 'node_has_incarnation' });
  t.match(await evict(made, 3, {}), { code: 'node_has_incarnation' });
});

t.test('R4: a new machine in its place learns of no etcd until that incarnation is out', async (t) => {
  const made = await heard(t, 1);
  t.equal(await evict(made, 3, lost), 'evicted');
  const next = await joinNode(made.coordinator, 3);
  await next.report();
  t.match(await next.desiredState(), { etcd: null, retired: [] });
});

t.test('R16: also while the cluster is frozen, and nothing is published by it', async (t) => {
  const made = await heard(t, 1, 2);
  const [first, second] = made.nodes;
  const other = servingAlone('life0002', 'x-k3s-m-2', 2);
  // Nobody serves any longer, so nothing shows which cluster is the recorded one.
  await second?.report({ ...other, etcd: other.etcd && { ...other.etcd, linearizableRead: false } });
  const { service, etcd } = servingAlone('life0001', 'x-k3s-m-1', 1);
  await first?.report({ service, etcd: etcd && { ...etcd, clusterId: 'c2' } });
  t.equal((await statusOf(made.coordinator)).state, 'frozen');
  const generations = () =>
    Object.values(made.coordinator.running.executor.situation('x-k3s').status.nodes).map((node) => node.generation);
  const [one, two] = generations();
  t.equal(await evict(made, 3, lost), 'evicted');
  t.match((await progressOf(made.coordinator)).members['x-k3s-m-3'], { leaving: { machineGone: true, lost: true } });
  t.same(generations(), [one, two]);
});

for (const [where, kept] of [
  ['publish.before-commit', false],
  ['publish.after-commit', true],
] as const) {
  t.test(
    `R12: a coordinator that is killed at ${where} has stored the order and the eviction, or neither`,
    async (t) => {
      const made = await heard(t, 1);
      const { coordinator } = made;
      coordinator.failpoint = (name) => {
        if (name === where) throw new Error('killed');
      };
      t.match(await evict(made, 3, lost), { code: kept ? 'change_kept' : 'internal' });
      coordinator.failpoint = () => undefined;
      await coordinator.restart();
      const { leaving } = (await progressOf(coordinator)).members['x-k3s-m-3'] ?? {};
      const node = await coordinator.running.inventory.nodes.find(nodeAt(made, 3).id);
      t.same([leaving?.lost === true, node?.evictedAt != null], [kept, kept]);
      if (kept) return;
      coordinator.clock.now += 100_000;
      t.equal(await evict(made, 3, lost), 'evicted');
    },
  );
}
