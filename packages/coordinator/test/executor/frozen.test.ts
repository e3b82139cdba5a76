import { failure } from '@picket/shared/errors.ts';
import { generateKey } from '@picket/shared/pki/keys.ts';
import type { ClusterStatusView } from '@picket/shared/protocol/clusters.ts';
import type { EventView } from '@picket/shared/protocol/events.ts';
import type { Page } from '@picket/shared/protocol/page.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import t, { type Test } from 'tap';
import { type TestCoordinator, testCoordinator } from '../support/coordinator.ts';
import { createCluster, createToken, joinNode, joinRequest, servingAlone, type TestNode } from '../support/nodes.ts';
import { asked, clusterPath, founded, octets, sendAll } from '../support/snapshots.ts';
import { formed, voterStatus } from '../support/voters.ts';

const why = reason('member_of_other_cluster', { member: 'x-k3s-m-1', clusterId: 'c2', recorded: 'c1' });
const isFrozen = failure('cluster_frozen', { cluster: 'x-k3s', reason: why }).toWire();

t.test('R5: a frozen cluster accepts no change, so its generations overtake nobody', async (t) => {
  const { coordinator, node } = await frozen(t);
  const before = coordinator.running.executor.situation('x-k3s').status.nodes[node.name]?.generation;
  const answer = await coordinator.admin.request('PATCH', '/v1/clusters/x-k3s', {
    body: { tuning: { heartbeatIntervalMs: 250 } },
    headers: { 'if-match': '"1"' },
  });
  t.same(answer.json(), isFrozen);
  t.equal(coordinator.running.executor.situation('x-k3s').status.nodes[node.name]?.generation, before);
});

t.test('R5: a frozen cluster answers no poll, so no lease is prolonged', async (t) => {
  const { node } = await frozen(t);
  const answer = await node.client.get('/v1/node/desired-state');
  t.same(answer.json(), isFrozen);
});

t.test('R5: a node that joins a frozen cluster gets an identity and no orders', async (t) => {
  const { coordinator } = await frozen(t);
  const second = await joinNode(coordinator, 2);
  t.match((await second.client.get('/v1/node/desired-state')).json(), { code: 'cluster_frozen' });
  t.equal(coordinator.running.executor.situation('x-k3s').status.nodes[second.name]?.generation, 0);
});

t.test(
  'R5: an admin evicts a node without an incarnation from a frozen cluster, and another joins in its place',
  async (t) => {
    const { coordinator } = await frozen(t);
    const second = await joinNode(coordinator, 2);
    t.equal((await coordinator.admin.post(`/v1/nodes/${second.id}/evict`)).status, 204);
    t.match((await second.client.get('/v1/node/desired-state')).json(), { code: 'node_evicted' });
    t.not((await joinNode(coordinator, 2)).id, second.id);
    t.equal((await stateOf(coordinator)).state, 'frozen');
  },
);

t.test(
  'R5: another machine replaces a lost voter of a frozen cluster, and that voter leaves once the cluster continues',
  async (t) => {
    const { coordinator, nodes } = await formed(t);
    const [first, second, third] = nodes;
    if (first === undefined || second === undefined || third === undefined) throw new Error('three have not joined');
    const { generation } = await first.desiredState();
    const serve = async () => {
      for (const node of [first, second]) await node.report(voterStatus(node, generation));
    };
    coordinator.clock.now += 100_000;
    await second.report({ ...voterStatus(second, generation), etcd: null });
    const { etcd, ...rest } = voterStatus(first, generation);
    await first.report({ ...rest, etcd: etcd && { ...etcd, clusterId: 'c2' } });
    t.equal((await stateOf(coordinator)).state, 'frozen');
    await serve();
    const { joinString } = await createToken(coordinator, { member: third.name });
    const join = joinRequest(joinString, await generateKey('p256'), 3);
    t.equal((await coordinator.stranger.post('/v1/join', join)).status, 200);
    t.match((await third.client.get('/v1/node/desired-state')).json(), { code: 'node_evicted' });
    t.equal((await stateOf(coordinator)).state, 'frozen');
    t.equal((await coordinator.admin.post('/v1/clusters/x-k3s/unfreeze')).status, 200);
    t.match((await first.desiredState()).membershipStep, { kind: 'remove-voter', memberId: 'a3' });
  },
);

t.test('R5: snapshots of a frozen cluster are downloaded, and none are taken', async (t) => {
  const { coordinator, founder } = await founded(t);
  const id = await asked(coordinator);
  await sendAll(founder, id);
  const { service, etcd } = servingAlone((await founder.desiredState()).etcd?.incarnation ?? '', founder.name);
  await founder.report({ service, etcd: etcd && { ...etcd, clusterId: 'c2' } });
  t.equal((await stateOf(coordinator)).state, 'frozen');
  const content = await coordinator.admin.get(`/v1/snapshots/${id}/content`);
  t.same([content.status, content.headers['content-length']], [200, String(octets.length)]);
  const refused = failure('snapshot_refused', { cluster: 'x-k3s', reason: reason('is_frozen', { why }) });
  t.same((await coordinator.admin.post(`${clusterPath}/snapshots`)).json(), refused.toWire());
});

t.test('R5: it stays frozen while the cause persists, even when an operator asks', async (t) => {
  const { coordinator } = await frozen(t);
  const answer = await coordinator.admin.post('/v1/clusters/x-k3s/unfreeze');
  t.same(answer.json(), isFrozen);
  t.equal((await stateOf(coordinator)).state, 'frozen');
});

t.test('R5: once the cause is gone, an admin lets it continue, and the log names the admin', async (t) => {
  const { coordinator, node, founder } = await frozen(t);
  await node.report(founder);
  const answer = await coordinator.admin.post('/v1/clusters/x-k3s/unfreeze');
  t.equal(answer.status, 200);
  t.equal((await stateOf(coordinator)).state, 'forming');
  const { items } = (await coordinator.admin.get('/v1/events')).json<Page<EventView>>();
  t.strictSame(items.find(({ kind }) => kind === 'unfreeze')?.facts, { by: 'operator ada', why });
  t.equal((await node.desiredState()).etcd?.initialClusterState, 'existing');
});

t.test('a cluster that is not frozen cannot be unfrozen', async (t) => {
  const { coordinator } = await joined(t);
  const answer = await coordinator.admin.post('/v1/clusters/x-k3s/unfreeze');
  t.same(answer.json(), failure('not_frozen', { cluster: 'x-k3s' }).toWire());
});

t.test('R3: a node that never became a member is evicted, and another joins in its place', async (t) => {
  const { coordinator, node } = await joined(t);
  t.equal((await coordinator.admin.post(`/v1/nodes/${node.id}/evict`)).status, 204);
  t.match((await node.client.get('/v1/node/desired-state')).json(), { code: 'node_evicted' });
  const other = await joinNode(coordinator, 1);
  t.not(other.id, node.id);
  await other.report();
  t.equal((await other.desiredState()).etcd?.initialClusterState, 'new', 'it can even found the cluster');
});

t.test('R3: a node whose member has begun its incarnation is not evicted', async (t) => {
  const { coordinator, node } = await joined(t);
  await node.report();
  const answer = await coordinator.admin.post(`/v1/nodes/${node.id}/evict`);
  const incarnation = { nodeId: node.id, member: 'x-k3s-m-1', cluster: 'x-k3s', phase: 'founding' };
  t.same(answer.json(), failure('node_has_incarnation', incarnation).toWire());
  t.ok((await node.desiredState()).etcd);
});

async function joined(t: Test): Promise<{ coordinator: TestCoordinator; node: TestNode }> {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  return { coordinator, node: await joinNode(coordinator, 1) };
}

/** Its only voter reports that it is in another cluster. */
async function frozen(t: Test) {
  const { coordinator, node } = await joined(t);
  await node.report();
  const founder = servingAlone((await node.desiredState()).etcd?.incarnation ?? '', node.name);
  await node.report(founder);
  await node.report({ ...founder, etcd: founder.etcd && { ...founder.etcd, clusterId: 'c2' } });
  return { coordinator, node, founder };
}

async function stateOf(coordinator: TestCoordinator): Promise<ClusterStatusView> {
  return (await coordinator.admin.get('/v1/clusters/x-k3s/status')).json<ClusterStatusView>();
}
