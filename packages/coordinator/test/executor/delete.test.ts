import { failure } from '@picket/shared/errors.ts';
import { generateKey } from '@picket/shared/pki/keys.ts';
import type { ClusterStatusView, ClusterView, DeletionView } from '@picket/shared/protocol/clusters.ts';
import type { EventView } from '@picket/shared/protocol/events.ts';
import type { Page } from '@picket/shared/protocol/page.ts';
import type { SnapshotView } from '@picket/shared/protocol/snapshots.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import { readyStatus } from '../../../shared/test/samples/node-status.ts';
import { type TestCoordinator, testCoordinator } from '../support/coordinator.ts';
import { createCluster, createToken, joinNode, joinRequest, nodeWith, type TestNode } from '../support/nodes.ts';
import { backedUp } from '../support/restored.ts';
import { reasonsOf } from '../support/said.ts';
import { asked, clusterPath, octets, sendAll } from '../support/snapshots.ts';
import { type Formed, formed, reportAll } from '../support/voters.ts';

const path = `${clusterPath}/delete`;
const named = { confirm: 'x-k3s' };

async function ordered({ admin }: TestCoordinator, order: object = {}): Promise<DeletionView> {
  const answer = await admin.post(path, { ...named, ...order });
  if (answer.status !== 200) throw new Error(answer.text);
  return answer.json<DeletionView>();
}

/** The answer to a deletion that is refused for this reason. */
function refused(why: Reason) {
  return failure('delete_refused', { cluster: 'x-k3s', reason: why }).toWire();
}

/** Its agent has stopped etcd, as its desired state says. */
async function stops(node: TestNode | undefined): Promise<number> {
  if (node === undefined) throw new Error('there is no such node');
  const { generation, retired } = await node.desiredState();
  if (retired.length === 0) throw new Error('it was not told to stop');
  const agent = { ...readyStatus().agent, generationSeen: generation, generationApplied: generation };
  return (await node.report({ agent })).status;
}

const statusOf = async ({ admin }: TestCoordinator, cluster = 'x-k3s') =>
  (await admin.get(`/v1/clusters/${cluster}/status`)).json<ClusterStatusView>();
const namesIn = (page: Page<ClusterView>) => page.items.map(({ spec }) => spec.name);
const clusters = async ({ admin }: TestCoordinator, query = '') =>
  namesIn((await admin.get(`/v1/clusters${query}`)).json<Page<ClusterView>>());
const kinds = async ({ admin }: TestCoordinator, cluster: string) =>
  (await admin.get(`/v1/events?cluster=${cluster}&limit=200`)).json<Page<EventView>>().items.map(({ kind }) => kind);

t.test('a cluster that was never founded is deleted at once, and its nodes and join strings end', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  const node = await joinNode(coordinator, 2);
  const { joinString } = await createToken(coordinator);
  const view = (await coordinator.admin.post(path)).json<DeletionView>();
  t.match(view, { atOnce: true, done: true, takesSnapshot: false, members: [{ name: 'x-k3s-m-2', nodeId: node.id }] });
  t.match((await node.client.get('/v1/node/desired-state')).json(), { code: 'node_evicted' });
  t.same(await clusters(coordinator), []);
  t.same(await clusters(coordinator, '?deleted=true'), [view.filedAs]);
  await createCluster(coordinator);
  const join = await coordinator.stranger.post('/v1/join', joinRequest(joinString, await generateKey('p256'), 1));
  t.match(join.json(), { code: 'cluster_deleted' }, 'its join string admits nobody to the next cluster of that name');
  t.match(await kinds(coordinator, 'x-k3s'), ['create'], 'the next one has none of its events');
  await coordinator.restart();
  t.same([await clusters(coordinator), await clusters(coordinator, '?deleted=true')], [['x-k3s'], [view.filedAs]]);
});

t.test('a cluster that was founded is deleted by its name only', async (t) => {
  const { coordinator } = await formed(t);
  for (const confirm of [undefined, 'x-k3', '']) {
    const answer = await coordinator.admin.post(path, confirm === undefined ? {} : { confirm });
    t.match(answer.json(), { code: 'delete_needs_name' });
  }
  const dry = await coordinator.admin.post(path, { dryRun: true });
  t.match(dry.json(), { done: false, atOnce: false, takesSnapshot: true });
  t.equal(dry.json<DeletionView>().members.length, 3);
  t.equal((await statusOf(coordinator)).state, 'healthy', 'nothing was changed');
});

t.test(
  'R4: after a last snapshot every incarnation ends, and each node is let go when its etcd is stopped',
  async (t) => {
    const { coordinator, nodes } = await formed(t);
    const earlier = await asked(coordinator);
    const view = await ordered(coordinator);
    t.match(view, { takesSnapshot: true, done: false });
    t.equal((await statusOf(coordinator)).state, 'deleting');
    const [taker, id] = await snapshotOrder(nodes);
    t.not(id, earlier, 'one that was begun before the order does not count');
    for (const node of nodes) t.not((await node.desiredState()).etcd, null, 'nothing is stopped before');
    t.equal((await sendAll(taker, id)).status, 200);
    for (const node of nodes) t.match(await node.desiredState(), { etcd: null, permit: null, membershipStep: null });
    t.equal(await stops(nodes[0]), 200);
    t.match((await nodes[0]?.client.get('/v1/node/desired-state'))?.json(), { code: 'node_evicted' });
    t.match((await coordinator.admin.post('/v1/clusters', {})).json(), { code: 'invalid_request' });
    t.same(await clusters(coordinator), ['x-k3s'], 'the name stays taken while a node has not confirmed it');
    const evict = await coordinator.admin.post(`/v1/nodes/${nodes[1]?.id}/evict`, {});
    t.match(evict.json(), { code: 'former_incarnation_stands' }, 'R16: one that has not confirmed it is not evicted');
    const { headline, waitsFor } = await statusOf(coordinator);
    t.match(headline, { code: 'being_deleted', facts: { stopping: ['x-k3s-m-2', 'x-k3s-m-3'] } });
    const again = await coordinator.admin.post(path, { dryRun: true });
    t.match(again.json(), { takesSnapshot: false, lastSnapshot: id });
    t.match(waitsFor[0], { code: 'deleted_etcd_stops', facts: { member: 'x-k3s-m-2' } });
    t.equal(await stops(nodes[1]), 200);
    t.equal(await stops(nodes[2]), 200);
    t.same(await clusters(coordinator), []);
    t.match(await kinds(coordinator, view.filedAs), ['free-name', 'let-go', 'let-go', 'let-go', 'end-cluster']);
  },
);

t.test('what is kept of a deleted cluster is not seen by the next one of its name', async (t) => {
  const { coordinator, nodes } = await formed(t);
  const { filedAs } = await ordered(coordinator);
  const [taker, id] = await snapshotOrder(nodes);
  await sendAll(taker, id);
  for (const node of nodes) await stops(node);
  const before = (await coordinator.admin.get(`/v1/clusters/${filedAs}`)).json<ClusterView>();
  await createCluster(coordinator);
  const { admin } = coordinator;
  const snapshots = async (cluster: string) =>
    (await admin.get(`/v1/snapshots?cluster=${cluster}`)).json<Page<SnapshotView>>().items.map((one) => one.id);
  t.same([await snapshots(filedAs), await snapshots('x-k3s')], [[id], []]);
  t.equal((await admin.get(`/v1/snapshots/${id}/content`)).headers['content-length'], String(octets.length));
  t.match(await kinds(coordinator, 'x-k3s'), ['create']);
  const count = async (what: string, cluster: string) =>
    (await admin.get(`/v1/${what}?cluster=${cluster}${what === 'nodes' ? '&all=true' : ''}`)).json<Page<unknown>>()
      .items.length;
  for (const what of ['nodes', 'tokens', 'certificates'])
    t.equal(await count(what, 'x-k3s'), 0, `the next cluster has no ${what}`);
  t.equal(await count('nodes', filedAs), 3);
  const restore = { snapshot: id, force: true, dryRun: true };
  t.equal((await admin.post(`${clusterPath}/restore`, restore)).status, 200, 'it can be restored in the next one');
  await createCluster(coordinator, { name: 'other' });
  t.match(
    (await admin.post('/v1/clusters/other/restore', restore)).json(),
    { code: 'restore_refused' },
    'and in no other',
  );
  const present = (await admin.get(clusterPath)).json<ClusterView>();
  t.not(present.clientAuthoritySpki, before.clientAuthoritySpki, 'its CAs are new');
  t.not(present.peerAuthoritySpki, before.peerAuthoritySpki);
  const revisions = (await admin.get(`${clusterPath}/revisions`)).json<Page<unknown>>();
  t.equal(revisions.items.length, 1);
});

t.test('R16: silence confirms nothing, and an operator can free the name all the same', async (t) => {
  const { coordinator, nodes } = await formed(t);
  coordinator.clock.now += 100_000;
  await reportAll(nodes.slice(0, 2));
  t.match(await ordered(coordinator, { withoutSnapshot: true }), {
    members: [{ isHeard: true }, { isHeard: true }, { isHeard: false }],
  });
  await stops(nodes[0]);
  await stops(nodes[1]);
  coordinator.clock.now += 10_000_000;
  await coordinator.running.tick();
  t.same(await clusters(coordinator), ['x-k3s'], 'however long it is silent');
  t.match((await statusOf(coordinator)).next, { command: 'picket cluster delete x-k3s --force' });
  t.match((await coordinator.admin.post(path, { force: true })).json(), { code: 'delete_needs_name' });
  const { done, filedAs } = await ordered(coordinator, { force: true });
  t.equal(done, true);
  const unconfirmed = { code: 'was_deleted', facts: { silent: ['x-k3s-m-3'] } };
  t.match((await statusOf(coordinator, filedAs)).headline, unconfirmed);

  await createCluster(coordinator);
  const stray = nodes[2];
  const { etcd, retired } = (await stray?.desiredState()) ?? {};
  t.same([etcd, retired], [null, ['life0003']], 'it comes back, and is told to stop');
  const { joinString } = await createToken(coordinator, { member: 'x-k3s-m-3' });
  const join = async () =>
    coordinator.stranger.post('/v1/join', joinRequest(joinString, stray?.key ?? (await generateKey('p256')), 3));
  const another = { code: 'joined_as_another', details: { cluster: filedAs } };
  t.match((await join()).json(), another, 'R8: its identity is of the deleted cluster');
  t.equal(await stops(stray), 200);
  t.match((await stray?.client.get('/v1/node/desired-state'))?.json(), { code: 'node_evicted' });
  t.match((await join()).json(), { code: 'node_evicted' });
  const confirmed = { by: 'operator ada', name: 'x-k3s', stopping: [], silent: [], snapshot: null };
  const { headline } = await statusOf(coordinator, filedAs);
  t.strictSame(reasonsOf([headline]), [reason('was_deleted', confirmed)]);
  t.same(
    (await statusOf(coordinator)).members.map(({ nodeId }) => nodeId),
    [null, null, null],
    'the next cluster saw none of it',
  );
});

t.test('with force, a node that reports is waited for', async (t) => {
  const { coordinator, nodes } = await formed(t);
  t.equal((await ordered(coordinator, { withoutSnapshot: true, force: true })).done, false);
  for (const node of nodes) await stops(node);
  t.same(await clusters(coordinator), []);
});

t.test('without a voter that serves, there is no last snapshot, and nothing is stopped', async (t) => {
  const { coordinator, nodes } = await formed(t);
  coordinator.clock.now += 100_000;
  t.same((await coordinator.admin.post(path, named)).json(), refused(reason('no_voter_serves')));
  for (const node of nodes) t.not((await node.desiredState()).etcd, null);
  await reportAll(nodes);
  await ordered(coordinator);
  coordinator.clock.now += 100_000;
  await coordinator.running.tick();
  for (const node of nodes) t.not((await node.desiredState()).etcd, null, 'nor while the snapshot fails');
  t.match((await statusOf(coordinator)).next, { command: 'picket cluster delete x-k3s --without-snapshot' });
  await ordered(coordinator, { withoutSnapshot: true });
  for (const node of nodes) t.equal((await node.desiredState()).etcd, null);
});

t.test('nothing else of a deleted cluster changes', async (t) => {
  const { coordinator, nodes } = await formed(t);
  const { joinString } = await createToken(coordinator);
  const id = await asked(coordinator);
  await sendAll((await takerOf(nodes, id)) as TestNode, id);
  const { filedAs } = await ordered(coordinator, { withoutSnapshot: true });
  const refused = async (cluster: string) => {
    const headers = { 'if-match': '"1"' };
    const at = `/v1/clusters/${cluster}`;
    const tries = [
      coordinator.admin.request('PATCH', at, { headers, body: { allowDowntime: true } }),
      coordinator.admin.post(`${at}/reset`),
      coordinator.admin.post(`${at}/snapshots`),
      coordinator.admin.post(`${at}/authentication`, { enabled: true }),
      coordinator.admin.post(`${at}/restore`, { snapshot: id, force: true }),
      coordinator.admin.post(`${at}/rollout`, { order: 'pause' }),
      coordinator.admin.post(`${at}/members/x-k3s-m-1/replace`, {}),
      coordinator.admin.post(`${at}/members/x-k3s-m-1/restart`),
      coordinator.admin.post(`${at}/members/x-k3s-m-1/move-leader`),
      coordinator.admin.post('/v1/tokens', { cluster }),
    ];
    for (const answer of await Promise.all(tries)) t.match(answer.json(), { code: 'cluster_deleted' });
  };
  await refused('x-k3s');
  const join = await coordinator.stranger.post('/v1/join', joinRequest(joinString, await generateKey('p256'), 3));
  t.match(join.json(), { code: 'cluster_deleted' });
  for (const node of nodes) await stops(node);
  await refused(filedAs);
  t.match((await coordinator.admin.post(`/v1/clusters/${filedAs}/delete`, { confirm: filedAs })).json(), {
    code: 'cluster_deleted',
  });
});

t.test('R5: a frozen cluster is not deleted, since its nodes could not be told', async (t) => {
  const { coordinator } = await formed(t);
  const { executor, inventory } = coordinator.running;
  const { record } = executor.situation('x-k3s');
  const frozen = reason('just_started');
  await inventory.clusters.keepProgress('x-k3s', record.progressVersion, { ...record.progress, frozen });
  await coordinator.restart();
  const answer = await coordinator.admin.post(path, { ...named, force: true });
  t.same(answer.json(), refused(reason('is_frozen', { why: frozen })));
});

t.test('R5: a backup from before the deletion founds nothing and starts no etcd', async (t) => {
  const { coordinator, nodes } = await formed(t);
  const restore = await backedUp(coordinator);
  await ordered(coordinator, { withoutSnapshot: true });
  for (const node of nodes) await stops(node);
  t.same(await clusters(coordinator), []);
  await restore();
  t.same(await clusters(coordinator), ['x-k3s'], 'the coordinator knows it again');
  for (const node of nodes)
    t.match(
      (await nodeWith(coordinator, node).client.get('/v1/node/desired-state')).json(),
      { code: 'node_awaits_readoption' },
      'no node is told anything',
    );
  await coordinator.running.tick();
  t.match((await coordinator.admin.post(path, { ...named, withoutSnapshot: true })).json(), { code: 'delete_refused' });
  coordinator.clock.now += 1_000_000;
  const again = await ordered(coordinator, { withoutSnapshot: true, force: true });
  t.equal(again.done, true, 'and it is deleted again with force');
});

/** The node that is asked for a snapshot, and its ID. */
async function snapshotOrder(nodes: readonly TestNode[]): Promise<readonly [TestNode, string]> {
  for (const node of nodes) {
    const { snapshot } = await node.desiredState();
    if (snapshot !== undefined) return [node, snapshot.id];
  }
  throw new Error('nobody is asked for a snapshot');
}

async function takerOf(nodes: Formed['nodes'], id: string): Promise<TestNode | undefined> {
  const [node, ordered] = await snapshotOrder(nodes);
  return ordered === id ? node : undefined;
}
