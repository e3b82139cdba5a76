import { failure } from '@picket/shared/errors.ts';
import { generateKey } from '@picket/shared/pki/keys.ts';
import type { ClusterStatusView } from '@picket/shared/protocol/clusters.ts';
import type { MemberState } from '@picket/shared/protocol/desired-state.ts';
import type { JoinAnswer } from '@picket/shared/protocol/join.ts';
import type { Page } from '@picket/shared/protocol/page.ts';
import type { ReadoptionView } from '@picket/shared/protocol/readoption.ts';
import type { NodeStatus } from '@picket/shared/protocol/report.ts';
import type { TokenView } from '@picket/shared/protocol/tokens.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import t, { type Test } from 'tap';
import { readyStatus } from '../../../shared/test/samples/node-status.ts';
import { day } from '../inventory/samples.ts';
import { type TestCoordinator, testCoordinator } from '../support/coordinator.ts';
import { polling } from '../support/handling.ts';
import { askRecovery, askRenewal, noticesOf, renewed } from '../support/identities.ts';
import {
  createCluster,
  createToken,
  joinNode,
  joinRequest,
  nodeWith,
  servingAlone,
  type TestNode,
} from '../support/nodes.ts';
import { backedUp } from '../support/restored.ts';
import { wireRefusal } from '../support/said.ts';

const oneMember = { members: [{ name: 'x-k3s-m-1', address: '192.168.7.11' }] };

t.test('R5: until an operator confirms the machine, a node gets neither orders nor certificates', async (t) => {
  const { coordinator, node, restore } = await founded(t);
  await restore();
  const again = nodeWith(coordinator, node);
  const awaits = failure('node_awaits_readoption', { nodeId: node.id }).toWire();
  t.strictSame((await again.client.get('/v1/node/desired-state')).json(), awaits);
  t.strictSame((await askRenewal(again, await generateKey('p256'))).json(), awaits);
  t.strictSame((await askRecovery(again.client, node.key)).json(), awaits);
  t.equal((await again.report(told(node, 40))).status, 200, 'an operator sees its reports');
  t.match(await stateOf(coordinator), {
    state: 'frozen',
    waitsFor: [
      { code: 'cluster_frozen', facts: { why: { code: 'restored_from_backup' } } },
      { code: 'node_readopted' },
    ],
  });
  t.match((await readopt(coordinator, node, await keyShown(coordinator, node))).status, 200);

  const state = await again.desiredState();
  t.equal(state.generation, 41, 'above what it has seen');
  t.match(state.epoch, { number: Math.floor(coordinator.clock.now / 1000) });
  t.match(await stateOf(coordinator), { state: 'healthy', waitsFor: [] });
  t.equal((await askRenewal(again, await generateKey('p256'))).status, 200);
});

t.test('R2, R5: a re-adopted node that has not reported yet does not get its former orders', async (t) => {
  const { coordinator, node: founder, second, restore } = await foundedWithTwo(t);
  const { etag = '' } = (await second.client.get('/v1/node/desired-state')).headers;
  await restore();
  await nodeWith(coordinator, founder).report(told(founder, 40));
  await readopt(coordinator, founder, await keyShown(coordinator, founder));
  const again = nodeWith(coordinator, second);
  await again.client.get('/v1/node/desired-state');
  await readopt(coordinator, second, await keyShown(coordinator, second));
  t.equal((await again.client.get('/v1/node/desired-state')).status, 304, 'one that knows nothing');
  const unchanged = await again.client.get('/v1/node/desired-state', { headers: { 'if-none-match': etag } });
  t.match(
    unchanged.json(),
    wireRefusal('node_not_heard'),
    'nor is its present state confirmed, which would prolong its leases',
  );
  const waits = polling();
  const waiting = again.client.get('/v1/node/desired-state?wait=30', { headers: { 'if-none-match': etag } });
  await waits;
  // Over another connection than the poll's.
  await nodeWith(coordinator, second).report({ agent: { ...readyStatus().agent, generationSeen: 12 } });
  t.equal((await waiting).json<MemberState>().generation, 13, 'it waits for the effect of its report');
});

t.test('R5: another machine in place of a node that is not re-adopted gets its state at once', async (t) => {
  const { coordinator, node: founder, second, restore } = await foundedWithTwo(t);
  await restore();
  const first = nodeWith(coordinator, founder);
  await first.report(told(founder, 40));
  await readopt(coordinator, founder, await keyShown(coordinator, founder));
  coordinator.clock.now += 100_000;
  await first.report(told(founder, 41));
  const { joinString } = await createToken(coordinator, { member: second.name });
  const key = await generateKey('p256');
  const answer = await coordinator.stranger.post('/v1/join', joinRequest(joinString, key, 2));
  t.equal(answer.status, 200, answer.text);
  const { nodeId, certificate } = answer.json<JoinAnswer>();
  t.not(nodeId, second.id);
  const next = nodeWith(coordinator, { id: nodeId, name: second.name, key, certificate });
  t.match(await next.desiredState(), { generation: 1, member: { name: second.name }, etcd: null });
});

t.test('R12: join tokens from before the backup are void, and nobody new joins a cluster that waits', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  const { joinString } = await createToken(coordinator);
  const restore = await backedUp(coordinator);
  await restore();
  const key = await generateKey('p256');
  const old = await coordinator.stranger.post('/v1/join', joinRequest(joinString, key, 1));
  t.match(old.json(), wireRefusal('token_used_up'));
  const fresh = await createToken(coordinator);
  const answer = await coordinator.stranger.post('/v1/join', joinRequest(fresh.joinString, key, 1));
  const waits = reason('restored_from_backup', { of: new Date(coordinator.clock.now).toISOString() });
  t.strictSame(answer.json(), failure('cluster_frozen', { cluster: 'x-k3s', reason: waits }).toWire(), 'R1');
  const listed = (await coordinator.admin.get('/v1/tokens')).json<Page<TokenView>>();
  t.same(
    listed.items.map(({ isVoid }) => isVoid),
    [false, true],
    'the latest first: only the earlier one is void',
  );
});

t.test(
  'R15: a key that was certified after the backup is accepted only after an operator’s confirmation',
  async (t) => {
    const { coordinator, node, restore } = await founded(t);
    const next = await renewed(coordinator, node);
    await next.report(told(next, 7));
    await restore();
    const again = nodeWith(coordinator, next);
    t.match((await again.report(told(next, 7))).json(), wireRefusal('node_awaits_readoption'));
    t.match(await noticesOf(coordinator), [{ code: 'node_to_readopt', facts: { keys: 1, isKnown: false } }]);
    const shown = await keyShown(coordinator, node);
    const viewer = await coordinator.operator('operator');
    t.match(
      (await viewer.post(`/v1/nodes/${node.id}/readoption`, { key: shown })).json(),
      wireRefusal('not_permitted'),
    );
    t.match((await readopt(coordinator, node, 'ab'.repeat(32))).json(), wireRefusal('key_not_shown'));
    t.equal((await readopt(coordinator, node, shown)).status, 200);
    t.equal((await again.report(told(next, 7))).status, 200);
    t.equal((await again.desiredState()).generation, 8);

    await t.test('and the former key is then that of a copy', async (t) => {
      coordinator.clock.now += 120_000;
      t.match((await nodeWith(coordinator, node).report()).json(), wireRefusal('identity_superseded'));
      t.match(
        (await noticesOf(coordinator)).find(({ code }) => code === 'identity_is_frozen'),
        { facts: { because: { code: 'superseded_key_shown' } } },
      );
    });
  },
);

t.test('R15: if two keys are used, the chosen one gets no certificates yet', async (t) => {
  const { coordinator, node, restore } = await founded(t);
  const next = await renewed(coordinator, node);
  await next.report(told(next, 7));
  await restore();
  const stolen = nodeWith(coordinator, node);
  await stolen.report(told(node, 1_000_000));
  const again = nodeWith(coordinator, next);
  await again.report();
  const { keys } = await readoption(coordinator, node);
  t.same(keys.map(({ standing }) => standing).sort(), ['in-force', 'unknown']);
  const chosen = keys.find(({ standing }) => standing === 'unknown')?.key ?? '';
  t.equal((await readopt(coordinator, node, chosen)).status, 200);
  const others = keys.flatMap(({ key }) => (key === chosen ? [] : [key]));
  t.match(
    (await askRenewal(again, await generateKey('p256'))).json(),
    wireRefusal('identity_frozen', { reason: reason('other_keys_shown', { keys: others }) }),
  );
  await again.report(told(next, 7));
  t.equal((await again.desiredState()).generation, 8, 'the reports with the other key do not count');
});

t.test('R15: re-adopted with an old key, it freezes as soon as the newer key is used', async (t) => {
  const { coordinator, node, restore } = await founded(t);
  const next = await renewed(coordinator, node);
  await next.report(told(next, 7));
  await restore();
  const stolen = nodeWith(coordinator, node);
  await stolen.report(told(node, 7));
  await readopt(coordinator, node, await keyShown(coordinator, node));
  t.match((await nodeWith(coordinator, next).report()).json(), wireRefusal('node_awaits_readoption'));
  t.match((await askRenewal(stolen, await generateKey('p256'))).json(), wireRefusal('identity_frozen'));
  const key = (await readoption(coordinator, node)).keys.find(({ standing }) => standing === 'unknown')?.key ?? '';
  t.equal((await readopt(coordinator, node, key)).status, 200, 'and the operator can choose the other');
  t.match((await stolen.client.get('/v1/node/desired-state')).json(), wireRefusal('identity_superseded'));
});

t.test('R15: a key that was given up before the backup never returns', async (t) => {
  const { coordinator, node } = await founded(t);
  const next = await renewed(coordinator, node);
  await next.report(told(next, 7));
  const restore = await backedUp(coordinator);
  await restore();
  t.match((await nodeWith(coordinator, node).report()).json(), wireRefusal('identity_superseded'));
  await nodeWith(coordinator, next).report(told(next, 7));
  const { keys } = await readoption(coordinator, node);
  t.same(
    keys.map(({ standing }) => standing),
    ['in-force'],
  );
  const given = (await coordinator.running.inventory.identityKeys.ofNode(node.id))[0]?.spkiHash ?? '';
  t.match((await readopt(coordinator, node, given)).json(), wireRefusal('key_not_shown'));
});

t.test('R15: a key that was given up so long ago that it is forgotten is never offered to an operator', async (t) => {
  const { coordinator, node } = await founded(t);
  const { clock, running } = coordinator;
  clock.now += 60_000;
  const next = await renewed(coordinator, node);
  await next.report(told(next, 7));
  await running.tick();
  clock.now += 125 * day;
  await running.tick();
  t.same(await running.inventory.identityKeys.ofNode(node.id), [], 'retention has removed it');
  const restore = await backedUp(coordinator);
  await restore();
  t.match((await askRecovery(nodeWith(coordinator, node).client, node.key)).json(), wireRefusal('key_unknown'));
  t.same((await readoption(coordinator, node)).keys, []);
  t.match(
    (await askRecovery(nodeWith(coordinator, next).client, next.key)).json(),
    wireRefusal('node_awaits_readoption'),
  );
  t.match((await readoption(coordinator, node)).keys, [{ standing: 'in-force' }]);
});

t.test('R15: a key that was certified after the backup is offered even after its certificate has ended', async (t) => {
  const { coordinator, node, restore } = await founded(t);
  const next = await renewed(coordinator, node);
  await next.report(told(next, 7));
  await restore();
  coordinator.clock.now += 40 * day;
  t.match(
    (await askRecovery(nodeWith(coordinator, next).client, next.key)).json(),
    wireRefusal('node_awaits_readoption'),
  );
  t.match((await readoption(coordinator, node)).keys, [{ standing: 'unknown' }]);
});

t.test('R5: a certificate that was revoked after the backup stays revoked, by the file beside the keys', async (t) => {
  const { coordinator, node, restore } = await founded(t);
  const next = await renewed(coordinator, node);
  await next.report(told(next, 7));
  const { items } = (await coordinator.admin.get('/v1/certificates')).json<{
    items: { serial: string; purpose: string }[];
  }>();
  await coordinator.running.authorities.revoke(items.find(({ purpose }) => purpose === 'node')?.serial ?? '');
  await restore();
  const revoked = reason('revoked_at', { at: new Date(coordinator.clock.now).toISOString() });
  t.strictSame(
    (await nodeWith(coordinator, next).report()).json(),
    failure('certificate_required', { reason: revoked }).toWire(),
  );
  t.same((await readoption(coordinator, node)).keys, []);
});

t.test('R5, R8: a node that joined after the backup joins again as the same node', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator, oneMember);
  const restore = await backedUp(coordinator);
  const node = await joinNode(coordinator, 1);
  await restore();
  const shown = nodeWith(coordinator, node);
  t.strictSame(
    (await shown.report()).json(),
    failure('node_newer_than_backup', { nodeId: node.id, name: 'x-k3s-m-1' }).toWire(),
  );
  t.match(await noticesOf(coordinator), [
    { code: 'newer_node_shows_itself', facts: { cluster: 'x-k3s', name: 'x-k3s-m-1' } },
  ]);
  const { joinString } = await createToken(coordinator, { member: 'x-k3s-m-1' });
  const answer = await coordinator.stranger.post('/v1/join', joinRequest(joinString, node.key, 1));
  t.equal(answer.json<JoinAnswer>().nodeId, node.id);
  t.equal((await shown.report(told(node, 5))).status, 200, 'its agent’s present certificate is known again');
  t.equal((await shown.desiredState()).generation, 7, 'and it learns what its cluster runs');
  t.equal((await stateOf(coordinator)).state, 'healthy');
});

t.test(
  'R8: a certificate that the backup does not know and that has ended records no key for an operator',
  async (t) => {
    const coordinator = await testCoordinator(t);
    await createCluster(coordinator, oneMember);
    const restore = await backedUp(coordinator);
    const node = await joinNode(coordinator, 1);
    await restore();
    coordinator.clock.now += 31 * day;
    t.match((await nodeWith(coordinator, node).report()).json(), wireRefusal('certificate_required'));
    t.notOk((await noticesOf(coordinator)).some(({ code }) => code === 'newer_node_shows_itself'));
  },
);

t.test('a coordinator that was never restored re-adopts nobody', async (t) => {
  const { coordinator, node } = await founded(t);
  t.match((await readopt(coordinator, node, 'ab'.repeat(32))).json(), wireRefusal('readoption_not_needed'));
});

/** A node that has founded the cluster and serves; the function restores the backup that was made then. */
async function founded(
  t: Test,
): Promise<{ coordinator: TestCoordinator; node: TestNode; restore: () => Promise<void> }> {
  const { coordinator, node } = await serving(t, oneMember);
  return { coordinator, node, restore: await backedUp(coordinator) };
}

/** The same beside a second node, which has joined and has its state. */
async function foundedWithTwo(t: Test) {
  const { coordinator, node } = await serving(t);
  const second = await joinNode(coordinator, 2);
  await second.report();
  return { coordinator, node, second, restore: await backedUp(coordinator) };
}

async function serving(
  t: Test,
  changes: Parameters<typeof createCluster>[1] = {},
): Promise<{ coordinator: TestCoordinator; node: TestNode }> {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator, changes);
  const node = await joinNode(coordinator, 1);
  await node.report();
  const incarnation = (await node.desiredState()).etcd?.incarnation ?? '';
  incarnations.set(node.id, incarnation);
  await node.report(servingAlone(incarnation, node.name));
  return { coordinator, node };
}

const incarnations = new Map<string, string>();

/** The report of the founder's node with this state. */
function told({ id, name }: TestNode, generationSeen: number): Partial<NodeStatus> {
  const incarnation = incarnations.get(id) ?? 'lived5since9';
  return { ...servingAlone(incarnation, name), agent: { ...readyStatus().agent, generationSeen } };
}

async function readoption({ admin }: TestCoordinator, { id }: TestNode): Promise<ReadoptionView> {
  return (await admin.get(`/v1/nodes/${id}/readoption`)).json<ReadoptionView>();
}

/** The one key that was used for this node. */
async function keyShown(coordinator: TestCoordinator, node: TestNode): Promise<string> {
  const { keys } = await readoption(coordinator, node);
  if (keys.length !== 1) throw new Error(`${keys.length} keys were used`);
  return keys[0]?.key ?? '';
}

function readopt({ admin }: TestCoordinator, { id }: TestNode, key: string) {
  return admin.post(`/v1/nodes/${id}/readoption`, { key });
}

async function stateOf({ admin }: TestCoordinator): Promise<ClusterStatusView> {
  return (await admin.get('/v1/clusters/x-k3s/status')).json<ClusterStatusView>();
}
