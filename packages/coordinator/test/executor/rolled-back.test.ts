import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { failure } from '@picket/shared/errors.ts';
import type { ClusterStatusView } from '@picket/shared/protocol/clusters.ts';
import type { NodeStatus } from '@picket/shared/protocol/report.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import t, { type Test } from 'tap';
import { readyStatus } from '../../../shared/test/samples/node-status.ts';
import { placesIn } from '../../src/files/data-dir.ts';
import { type TestCoordinator, testCoordinator } from '../support/coordinator.ts';
import { changeTuning, createCluster, joinNode, nodeWith, type TestNode } from '../support/nodes.ts';
import { backedUp } from '../support/restored.ts';
import { reasonsOf } from '../support/said.ts';

/** The report of an agent that follows this desired state, with its seal. */
async function following(node: TestNode): Promise<NodeStatus['agent']> {
  const { inventory, generation, seal } = await node.desiredState();
  const seen = { inventory, generationSeen: generation, generationApplied: generation };
  return { ...readyStatus().agent, ...seen, ...(seal === undefined ? {} : { seal }) };
}

/** The disk of the coordinator is put back to before its node was released to found. */
async function rolledBack(t: Test) {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  const before = await joinNode(coordinator, 1);
  const { database } = placesIn(coordinator.config.dataDir);
  const copy = join(coordinator.config.dataDir, '..', 'copy.sqlite');
  await coordinator.restart(async () => copyFileSync(database, copy));
  const released = nodeWith(coordinator, before);
  await released.report();
  const agent = await following(released);
  const newer = join(coordinator.config.dataDir, '..', 'newer.sqlite');
  await coordinator.restart(async () => {
    copyFileSync(database, newer);
    copyFileSync(copy, database);
  });
  const bringBack = () => coordinator.restart(async () => copyFileSync(newer, database));
  return { coordinator, node: nodeWith(coordinator, before), agent, bringBack };
}

/** The disk is put back to before an operator's change. Then other changes are made, before the node reports. */
async function changedOtherwise(t: Test) {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  const before = await joinNode(coordinator, 1);
  await before.report();
  const { database } = placesIn(coordinator.config.dataDir);
  const copy = join(coordinator.config.dataDir, '..', 'copy.sqlite');
  await coordinator.restart(async () => copyFileSync(database, copy));
  await changeTuning(coordinator, 1, { heartbeatIntervalMs: 250 });
  const node = nodeWith(coordinator, before);
  const agent = await following(node);
  const { etag = '' } = (await node.client.get('/v1/node/desired-state')).headers;
  const newer = join(coordinator.config.dataDir, '..', 'newer.sqlite');
  await coordinator.restart(async () => {
    copyFileSync(database, newer);
    copyFileSync(copy, database);
  });
  await changeTuning(coordinator, 1, { heartbeatIntervalMs: 300 });
  const bringBack = () => coordinator.restart(async () => copyFileSync(newer, database));
  return { coordinator, node: nodeWith(coordinator, before), agent, etag, bringBack };
}

async function stateOf(coordinator: TestCoordinator): Promise<ClusterStatusView> {
  return (await coordinator.admin.get('/v1/clusters/x-k3s/status')).json<ClusterStatusView>();
}

/** Whether the cluster waits for a node in quarantine, or waits for something because of one. */
async function isQuarantined(coordinator: TestCoordinator): Promise<boolean> {
  return /"code":"(?:node_)?quarantined"/.test(JSON.stringify((await stateOf(coordinator)).waitsFor));
}

const why = reason('follows_later_generation', { member: 'x-k3s-m-1', generation: 2, published: 1 });

t.test(
  'R5: a coordinator whose disk was put back freezes once a node reports the seal of what it followed',
  async (t) => {
    const { coordinator, node, agent } = await rolledBack(t);
    await node.report({ agent });
    const { state, waitsFor } = await stateOf(coordinator);
    t.same([state, reasonsOf(waitsFor)], ['frozen', [reason('cluster_frozen', { why })]]);
    t.match((await node.client.get('/v1/node/desired-state')).json(), { code: 'cluster_frozen' });
  },
);

t.test('R5: it also freezes after it has published as many generations since then, with another content', async (t) => {
  const { coordinator, node, agent } = await changedOtherwise(t);
  t.equal((await node.desiredState()).generation, agent.generationSeen);
  await changeTuning(coordinator, 2, { heartbeatIntervalMs: 350 });
  await node.report({ agent });
  const { state, waitsFor } = await stateOf(coordinator);
  const another = reason('follows_other_generation', { member: 'x-k3s-m-1', generation: agent.generationSeen });
  t.same([state, reasonsOf(waitsFor)], ['frozen', [reason('cluster_frozen', { why: another })]]);
});

t.test('R5: the newer store freezes too if a node followed what the older one published', async (t) => {
  const { coordinator, node, bringBack } = await changedOtherwise(t);
  const agent = await following(node);
  await bringBack();
  await nodeWith(coordinator, node).report({ agent });
  const { state, waitsFor } = await stateOf(coordinator);
  t.equal(state, 'frozen');
  t.match(waitsFor, [
    { code: 'cluster_frozen', facts: { why: { code: 'follows_other_generation', facts: { member: 'x-k3s-m-1' } } } },
  ]);
});

t.test('R5: a node whose own seal is damaged gets no earlier seals, and so follows again', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  const node = await joinNode(coordinator, 1);
  await node.report();
  await node.report({ agent: { ...(await following(node)), seal: 'A'.repeat(64) } });
  await changeTuning(coordinator, 1, { heartbeatIntervalMs: 250 });
  t.same((await node.desiredState()).priorSeals, []);
});

t.test('R2, R5: before that, no poll prolongs a lease of what the node follows', async (t) => {
  const { node, etag } = await changedOtherwise(t);
  const answer = await node.client.get('/v1/node/desired-state', { headers: { 'if-none-match': etag } });
  t.equal(answer.status, 200, 'and not 304');
});

t.test('R5: each desired state names those before it, from the one that the node has reported', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  const node = await joinNode(coordinator, 1);
  const first = await node.desiredState();
  await node.report();
  const second = await node.desiredState();
  t.same(second.priorSeals, [first.seal]);
  await changeTuning(coordinator, 1, { heartbeatIntervalMs: 250 });
  const third = await node.desiredState();
  t.same(third.priorSeals, [first.seal, second.seal]);
  await node.report({ agent: await following(node) });
  await changeTuning(coordinator, 2, { heartbeatIntervalMs: 300 });
  t.same((await node.desiredState()).priorSeals, [third.seal]);
});

t.test('R5: of many that a node has not reported, the last 64 are named', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  const node = await joinNode(coordinator, 1);
  await node.report();
  for (let change = 1; change <= 66; change += 1) {
    await changeTuning(coordinator, change, { heartbeatIntervalMs: 200 + change });
  }
  const { generation, priorSeals } = await node.desiredState();
  t.equal(generation, 68);
  t.equal(priorSeals.length, 64);
});

t.test(
  'R5: no operator ends that, not even after the node reports otherwise or is evicted, or after a restart',
  async (t) => {
    const { coordinator, node, agent } = await rolledBack(t);
    await node.report({ agent });
    await node.report();
    const unfreeze = async () => (await coordinator.admin.post('/v1/clusters/x-k3s/unfreeze')).json();
    const refusal = failure('cluster_overtaken', { cluster: 'x-k3s', reason: why }).toWire();
    t.same(await unfreeze(), refusal);
    t.equal((await coordinator.admin.post(`/v1/nodes/${node.id}/evict`)).status, 204);
    t.same(await unfreeze(), refusal);
    await coordinator.restart();
    t.same(await unfreeze(), refusal);
  },
);

t.test('R5: the newer store ends it', async (t) => {
  const { coordinator, node, agent, bringBack } = await rolledBack(t);
  await node.report({ agent });
  t.equal((await stateOf(coordinator)).state, 'frozen');
  await bringBack();
  const back = nodeWith(coordinator, node);
  await back.report({ agent });
  t.equal((await stateOf(coordinator)).state, 'forming');
  t.match(await back.desiredState(), { generation: agent.generationSeen, etcd: { initialClusterState: 'new' } });
  const { provenBehind } = coordinator.running.executor.situation('x-k3s').record.progress;
  t.equal(provenBehind, null, 'which has no such entry');
});

t.test('R5: what this store has published is no claim', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  const node = await joinNode(coordinator, 1);
  await node.report();
  await node.report({ agent: await following(node) });
  t.equal((await stateOf(coordinator)).state, 'forming');
});

t.test('R5: a backup of the store that is behind ends it, by its new epoch', async (t) => {
  const { coordinator, node, agent } = await rolledBack(t);
  await node.report({ agent });
  const restore = await backedUp(coordinator);
  await restore();
  const { provenBehind } = coordinator.running.executor.situation('x-k3s').record.progress;
  t.equal(provenBehind, null);
  await coordinator.running.tick();
  t.match((await stateOf(coordinator)).waitsFor, [
    { code: 'cluster_frozen', facts: { why: { code: 'restored_from_backup' } } },
  ]);
});

t.test('R5: a claim without its seal quarantines only that node, and the others continue', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  const liar = await joinNode(coordinator, 1);
  const other = await joinNode(coordinator, 2);
  const agent = { ...(await following(liar)), generationSeen: 999_999 };
  await liar.report({ agent });
  const status = await stateOf(coordinator);
  t.equal(status.state, 'forming');
  t.match(status.waitsFor[0], {
    code: 'node_quarantined',
    facts: {
      member: 'x-k3s-m-1',
      why: { code: 'claim_unproven', facts: { what: 'generation', claimed: '999999' } },
    },
  });
  t.match(
    (await liar.client.get('/v1/node/desired-state')).json(),
    { code: 'node_quarantined' },
    'so that no lease is prolonged',
  );
  await changeTuning(coordinator, 1, { heartbeatIntervalMs: 250 });
  t.equal((await other.desiredState()).cluster, 'x-k3s');
  await liar.report({ agent });
  const { items } = (await coordinator.admin.get('/v1/events')).json<{ items: { kind: string }[] }>();
  t.equal(items.filter(({ kind }) => kind === 'quarantine').length, 1, 'told once');

  await coordinator.restart();
  await coordinator.running.tick();
  t.ok(await isQuarantined(coordinator), 'also after a restart');
  coordinator.clock.now += 300_000;
  await nodeWith(coordinator, liar).report();
  t.notOk(await isQuarantined(coordinator), 'until it withdraws the claim');
});

t.test('R5: a quarantine ends once an admin evicts the node', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  const liar = await joinNode(coordinator, 1);
  await liar.report({ agent: { ...readyStatus().agent, generationSeen: 999_999 } });
  t.equal((await coordinator.admin.post(`/v1/nodes/${liar.id}/evict`)).status, 204);
  t.notOk(await isQuarantined(coordinator));
});

t.test('R5: a seal is visible only to its node', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  const node = await joinNode(coordinator, 1);
  const agent = await following(node);
  await node.report({ agent });
  t.ok(agent.seal);
  t.notOk((await coordinator.admin.get('/v1/clusters/x-k3s/status')).text.includes(agent.seal ?? ''));
  t.notOk(coordinator.log.join('').includes(agent.seal ?? ''));
});
