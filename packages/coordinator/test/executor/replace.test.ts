import { failure, type WireError } from '@picket/shared/errors.ts';
import { generateKey } from '@picket/shared/pki/keys.ts';
import type { ClusterView, OwnMember } from '@picket/shared/protocol/clusters.ts';
import type { EventView } from '@picket/shared/protocol/events.ts';
import type { JoinAnswer } from '@picket/shared/protocol/join.ts';
import type { Page } from '@picket/shared/protocol/page.ts';
import type { TokenCreate, TokenCreated, TokenView } from '@picket/shared/protocol/tokens.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import t, { type Test } from 'tap';
import type { Answer } from '../support/client.ts';
import type { TestCoordinator } from '../support/coordinator.ts';
import { createToken, joinRequest, nodeWith, type TestNode } from '../support/nodes.ts';
import { wireRefusal } from '../support/said.ts';
import { type Formed, formed, reportAll } from '../support/voters.ts';

/** The third no longer reports. */
async function withoutThird(t: Test): Promise<Formed> {
  const made = await formed(t);
  made.coordinator.clock.now += 100_000;
  await reportAll(made.nodes.slice(0, 2));
  return made;
}

/** Another machine asks to become the member of this number. */
async function comes(coordinator: TestCoordinator, number: number, token: Partial<TokenCreate>): Promise<Answer> {
  const { joinString } = await createToken(coordinator, token);
  return coordinator.stranger.post('/v1/join', joinRequest(joinString, await generateKey('p256'), number));
}

const forThird = { member: 'x-k3s-m-3' };
const thirdMember = { member: 'x-k3s-m-3', cluster: 'x-k3s' };
const tooFewStay = reason('too_few_stay', { others: 2, able: 1, needed: 2 });

/** The answer if the third must not be replaced, for this reason. */
function refused(why: Reason): WireError {
  return failure('replace_refused', { ...forThird, cluster: 'x-k3s', reason: why }).toWire();
}

t.test('R3: with a token for its member alone, a machine replaces one that no longer reports', async (t) => {
  const { coordinator, nodes } = await withoutThird(t);
  const [first, , third] = nodes;
  const key = await generateKey('p256');
  const { joinString, id } = await createToken(coordinator, forThird);
  const answer = await coordinator.stranger.post('/v1/join', joinRequest(joinString, key, 3));
  t.equal(answer.status, 200, answer.text);
  const { nodeId, certificate } = answer.json<JoinAnswer>();
  t.not(nodeId, third?.id);
  t.match((await third?.client.get('/v1/node/desired-state'))?.json(), { code: 'node_evicted' });
  const why = reason('place_taken', { nodeId: third?.id ?? '', token: id });
  t.match((await first?.desiredState())?.membershipStep, {
    kind: 'remove-voter',
    member: 'x-k3s-m-3',
    memberId: 'a3',
    force: false,
  });
  t.strictSame(await factsOfReplacement(coordinator), { member: 'x-k3s-m-3', why });

  const next = nodeWith(coordinator, { id: nodeId, name: 'x-k3s-m-3', key, certificate });
  t.equal((await next.client.get('/v1/node/member')).json<OwnMember>().phase, 'joined');
  t.same(
    await begun(next),
    { etcd: null, retired: [] },
    'R4: the incarnation of the other machine is not begun on this one',
  );
  await coordinator.restart();
  const again = nodeWith(coordinator, next);
  t.same(await begun(again), { etcd: null, retired: [] }, 'nor after a restart');
  await reportAll(
    nodes.slice(0, 2).map((node) => nodeWith(coordinator, node)),
    [1, 2],
  );
  t.same(await begun(again), { etcd: null, retired: ['life0003'] });
});

t.test('R3: a token replaces a member only while the one who made it has the role for that', async (t) => {
  const { coordinator, nodes } = await withoutThird(t);
  const third = nodes[2];
  if (third === undefined) throw new Error('three have joined');
  const operator = await coordinator.operator('operator');
  const created = (await operator.post('/v1/tokens', { cluster: 'x-k3s', ...forThird })).json<TokenCreated>();
  t.match(created.warnings, [{ code: 'token_for_same_machine' }]);
  const join = async (key = generateKey('p256')) =>
    coordinator.stranger.post('/v1/join', joinRequest(created.joinString, await key, 3));
  const taken = { member: 'x-k3s-m-3', cluster: 'x-k3s', nodeId: third.id };
  t.match((await join()).json(), { code: 'token_replaces_nobody', details: taken });
  t.equal((await stored(coordinator)).members['x-k3s-m-3']?.leaving, undefined);
  t.equal((await join(Promise.resolve(third.key))).status, 200, 'the same machine joins again with it');
  const other = (await operator.post('/v1/tokens', { cluster: 'x-k3s', ...forThird })).json<TokenCreated>();
  await coordinator.admin.request('PATCH', '/v1/operators/operator', { body: { role: 'admin' } });
  coordinator.clock.now += 100_000;
  await reportAll(nodes.slice(0, 2));
  const request = joinRequest(other.joinString, await generateKey('p256'), 3);
  t.equal((await coordinator.stranger.post('/v1/join', request)).status, 200);
});

t.test('R3: a machine that may still run is not replaced', async (t) => {
  const { coordinator, nodes } = await formed(t);
  coordinator.clock.now += 20_000;
  await reportAll(nodes.slice(0, 2));
  const nodeId = nodes[2]?.id ?? '';
  const heardAgo = { ...thirdMember, nodeId, reason: reason('node_heard_ago', { nodeId, seconds: 20 }), wait: '35 s' };
  t.same((await comes(coordinator, 3, forThird)).json(), failure('member_heard', heardAgo).toWire());
  await coordinator.restart();
  // Agents that found nobody for a while ask again only within a minute.
  coordinator.clock.now += 90_000;
  await reportAll(nodes.slice(0, 2).map((node) => nodeWith(coordinator, node)));
  t.match(
    (await comes(coordinator, 3, forThird)).json(),
    wireRefusal('member_heard', { reason: reason('just_started') }),
  );
  t.equal((await stored(coordinator)).members['x-k3s-m-3']?.leaving, undefined);
});

t.test('R3: a token for a member that reports comes with a notice about what it can do', async (t) => {
  const { coordinator, nodes } = await withoutThird(t);
  const reports = reason('member_reports', { member: 'x-k3s-m-2', nodeId: nodes[1]?.id ?? '' });
  t.match((await createToken(coordinator, { member: 'x-k3s-m-2' })).warnings, [reports]);
  t.same((await createToken(coordinator, forThird)).warnings, []);
});

t.test('a token for any member of a full cluster comes with the notice that it replaces none', async (t) => {
  const { coordinator, nodes } = await withoutThird(t);
  const full = { code: 'every_member_joined', facts: { cluster: 'x-k3s' } };
  t.match((await createToken(coordinator)).warnings, [full], 'also if one is silent');
  t.same((await createToken(coordinator, { client: {} })).warnings, []);
  t.equal((await coordinator.admin.post(`/v1/nodes/${nodes[2]?.id}/evict`, { lost: true })).status, 204);
  t.same((await createToken(coordinator)).warnings, [], 'an eviction frees the name');
});

t.test('R3: there is no such notice for a machine that the others need', async (t) => {
  const { coordinator, nodes } = await formed(t);
  coordinator.clock.now += 100_000;
  await reportAll([nodes[0], nodes[2]].filter((node) => node !== undefined));
  t.same((await comes(coordinator, 3, forThird)).json(), refused(tooFewStay));
});

t.test('R3: a token for any member replaces none, and the answer says which token would', async (t) => {
  const { coordinator } = await withoutThird(t);
  t.match((await comes(coordinator, 3, {})).json(), { code: 'member_taken', details: thirdMember });
});

t.test('R3: nobody is replaced if too few would remain, and nothing is spent or changed', async (t) => {
  const { coordinator, nodes } = await formed(t);
  coordinator.clock.now += 100_000;
  await reportAll(nodes.slice(0, 1));
  const before = await stored(coordinator);
  t.same((await comes(coordinator, 3, forThird)).json(), refused(tooFewStay));
  t.same(await stored(coordinator), before);
  const { items } = (await coordinator.admin.get('/v1/tokens')).json<Page<TokenView>>();
  t.equal(items.find(({ member }) => member === 'x-k3s-m-3')?.usesSpent, 0);
  t.equal((await nodes[2]?.client.get('/v1/node/desired-state'))?.status, 200, 'the other is unchanged');
});

for (const [where, kept] of [
  ['join.before-commit', false],
  ['join.after-commit', true],
] as const) {
  t.test(`R12: a crash at ${where} leaves the place to one machine, completely`, async (t) => {
    const { coordinator, nodes } = await withoutThird(t);
    coordinator.failpoint = (name) => {
      if (name === where) throw new Error(`crash at ${where}`);
    };
    t.equal((await comes(coordinator, 3, forThird)).status, 500);
    coordinator.failpoint = () => undefined;
    await coordinator.restart();
    t.equal((await stored(coordinator)).members['x-k3s-m-3']?.leaving !== undefined, kept);
    const inPlace = (await coordinator.running.inventory.nodes.findByName('x-k3s', 'x-k3s-m-3'))?.id;
    t.equal(inPlace !== nodes[2]?.id, kept);
    t.same(
      coordinator.running.executor.situation('x-k3s').record.progress.members,
      (await stored(coordinator)).members,
    );
  });
}

t.test('R3: an operator replaces a member, and its former node is known', async (t) => {
  const { coordinator, nodes } = await formed(t);
  const replace = (member: string) => coordinator.admin.post(`/v1/clusters/x-k3s/members/${member}/replace`, {});
  t.equal((await replace('x-k3s-m-3')).json<ClusterView>().spec.name, 'x-k3s');
  t.match((await nodes[0]?.desiredState())?.membershipStep, { kind: 'remove-voter', memberId: 'a3' });
  const ordered = { by: 'operator ada', member: 'x-k3s-m-3', memberId: 'a3', force: false };
  t.strictSame(await factsOfReplacement(coordinator), ordered);
  const { etcd, retired } = (await nodes[2]?.desiredState()) ?? {};
  t.same([etcd?.incarnation, retired], ['life0003', []], 'its etcd keeps running until it is removed');
  const already = reason('replaced_already', {
    member: 'x-k3s-m-3',
    why: reason('replaced_by', { by: 'operator ada' }),
  });
  t.same((await replace('x-k3s-m-3')).json(), failure('already_so', { reason: already }).toWire());
  t.match((await replace('x-k3s-m-9')).json(), { code: 'member_not_declared' });
  await reportAll(nodes.slice(0, 2), [1, 2]);
  t.same((await nodes[2]?.desiredState())?.retired, ['life0003']);
  t.equal(
    (await coordinator.admin.post(`/v1/nodes/${nodes[2]?.id}/evict`)).status,
    204,
    'a node without an incarnation',
  );
});

async function begun(node: TestNode) {
  const { etcd, retired } = await node.desiredState();
  return { etcd, retired };
}

/** What the event of a replacement says. */
async function factsOfReplacement({ admin }: TestCoordinator): Promise<object | undefined> {
  const { items } = (await admin.get('/v1/events')).json<Page<EventView>>();
  return items.find(({ kind }) => kind === 'replace')?.facts;
}

async function stored({ running }: TestCoordinator) {
  const record = await running.inventory.clusters.find('x-k3s');
  if (record === null) throw new Error('the cluster is missing');
  return record.progress;
}
