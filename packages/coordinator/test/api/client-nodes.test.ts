import { failure } from '@picket/shared/errors.ts';
import { happening } from '@picket/shared/events/event.ts';
import { parseCertificate } from '@picket/shared/pki/certificate.ts';
import { createCsr } from '@picket/shared/pki/csr.ts';
import { generateKey } from '@picket/shared/pki/keys.ts';
import type { CertificateAnswer } from '@picket/shared/protocol/certificates.ts';
import type { ClusterStatusView } from '@picket/shared/protocol/clusters.ts';
import type { ClientState } from '@picket/shared/protocol/desired-state.ts';
import type { EventView } from '@picket/shared/protocol/events.ts';
import type { ClientJoinAnswer } from '@picket/shared/protocol/join.ts';
import { parseJoinString } from '@picket/shared/protocol/join-string.ts';
import type { NodeView } from '@picket/shared/protocol/nodes.ts';
import type { Page } from '@picket/shared/protocol/page.ts';
import type { TokenCreate } from '@picket/shared/protocol/tokens.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import { sizeOf } from '@picket/shared/reasons/within.ts';
import t, { type Test } from 'tap';
import { readyStatus } from '../../../shared/test/samples/node-status.ts';
import { configDefaults } from '../../src/config/config.ts';
import { type TestCoordinator, testCoordinator } from '../support/coordinator.ts';
import { askRecovery, askRenewal, clientOf, eventKinds, noticesOf, recovered, renewed } from '../support/identities.ts';
import { largeStatus } from '../support/large-status.ts';
import { createCluster, createToken, joinNode, nodeWith, seedCluster, servingAlone } from '../support/nodes.ts';
import { wireRefusal } from '../support/said.ts';
import { formed } from '../support/voters.ts';

const day = 24 * 3_600_000;
const machine = { addresses: ['192.168.7.21'], agentVersion: '0.1.0', os: 'Alpine Linux 3.23', arch: 'arm64' };

/** @param by a join string, or the token to make for it */
async function askToJoin(coordinator: TestCoordinator, name: string, by: Partial<TokenCreate> | string) {
  const key = await generateKey('p256');
  const joinString = typeof by === 'string' ? by : (await createToken(coordinator, by)).joinString;
  const { tokenId, secret } = parseJoinString(joinString);
  const csr = createCsr({ key, commonName: 'a client' });
  const answer = await coordinator.stranger.post('/v1/join/client', {
    tokenId,
    secret,
    csr,
    node: { name, ...machine },
  });
  return { key, answer };
}

async function joinClient(
  coordinator: TestCoordinator,
  name: string,
  by: Partial<TokenCreate> | string = { client: {} },
) {
  const { key, answer } = await askToJoin(coordinator, name, by);
  if (answer.status !== 200) throw new Error(answer.text);
  const { nodeId: id, certificate, client } = answer.json<ClientJoinAnswer>();
  return nodeWith(coordinator, { id, name: client.name, key, certificate });
}

/** A cluster of one that serves, and a client of it. */
async function served(t: Test) {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator, { members: [{ name: 'x-k3s-m-1', address: '192.168.7.11' }] });
  const client = await joinClient(coordinator, 'k3s-1');
  const member = await joinNode(coordinator, 1);
  await member.report();
  const { etcd } = await member.desiredState();
  await member.report(servingAlone(etcd?.incarnation ?? '', 'x-k3s-m-1'));
  return { coordinator, client, member };
}

const stateOf = async ({ client }: Awaited<ReturnType<typeof joinClient>>) =>
  (await client.get('/v1/node/desired-state')).json<ClientState>();
const statusOf = async ({ admin }: TestCoordinator) =>
  (await admin.get('/v1/clusters/x-k3s/status')).json<ClusterStatusView>();

t.test('a client gets what a client needs, and learns of the voters once there are some', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  const client = await joinClient(coordinator, 'k3s-1');
  const state = await stateOf(client);
  t.match(state, { generation: 1, nodeId: client.id, cluster: 'x-k3s', client: { name: 'k3s-1' }, endpoints: [] });
  t.notOk('member' in state || 'etcd' in state || 'peer' in state.trust);
  t.match(await stateOf((await served(t)).client), { generation: 2, endpoints: ['https://192.168.7.11:2379'] });
});

t.test('R7: it gets a client certificate for its name in the store, and no other', async (t) => {
  const { client } = await served(t);
  const csr = createCsr({ key: await generateKey('p256'), commonName: 'client:root' });
  const answer = await client.client.post('/v1/node/certificates', { purpose: 'client', csr });
  const certificate = parseCertificate(answer.json<CertificateAnswer>().certificate);
  t.match(certificate, { commonName: 'client:k3s-1', sans: [] });
  for (const purpose of ['server', 'peer']) {
    const refused = await client.client.post('/v1/node/certificates', { purpose, csr });
    t.strictSame(refused.json(), failure('purpose_not_wanted', { purpose }).toWire());
  }
});

t.test('status and the list of nodes show it apart from the members', async (t) => {
  const { coordinator, client } = await served(t);
  t.match(await statusOf(coordinator), { state: 'healthy', waitsFor: [], clients: [{ name: 'k3s-1', status: null }] });
  const certificates = readyStatus().certificates.filter(({ purpose }) => purpose === 'client');
  t.equal((await client.report({ certificates })).status, 200);
  const { members, clients } = await statusOf(coordinator);
  t.same(
    members.map(({ name }) => name),
    ['x-k3s-m-1'],
  );
  t.match(clients, [{ name: 'k3s-1', nodeId: client.id, generation: 2, status: { certificates } }]);
  const { items } = (await coordinator.admin.get('/v1/nodes')).json<Page<NodeView>>();
  t.match(items, [
    { id: client.id, member: null, client: 'k3s-1', address: null, certificatesExpireAt: '2099-01-01T00:00:00Z' },
    { member: 'x-k3s-m-1', client: null },
  ]);
});

t.test('R18: what a client reports of an etcd is not kept, however much it is', async (t) => {
  const { coordinator, client } = await served(t);
  const { etcd } = servingAlone('a1', 'x-k3s-m-1');
  t.ok(etcd);
  t.equal((await client.report({ etcd })).status, 200);
  const { clients } = await statusOf(coordinator);
  t.match(clients, [{ name: 'k3s-1', status: { etcd: null } }]);
});

t.test(
  'R18: clients with large reports leave the status readable, and the coordinator keeps little of them',
  async (t) => {
    const { coordinator } = await served(t);
    const { joinString } = await createToken(coordinator, { client: {}, uses: 30 });
    const large = largeStatus('ж');
    for (let number = 1; number <= 30; number += 1) {
      const client = await joinClient(coordinator, `k3s-${number + 1}`, joinString);
      t.equal((await client.report(large)).status, 200, 'no report is refused');
    }
    const { text } = await coordinator.admin.get('/v1/clusters/x-k3s/status');
    t.ok(Buffer.byteLength(text) < 4 * 1024 * 1024, `a status of ${Buffer.byteLength(text)} octets`);
    await coordinator.running.tick();
    const stored = await coordinator.running.inventory.reports.all();
    t.equal(stored.filter(({ status }) => sizeOf(status) > 8000).length, 0, 'nor does the store get more');
  },
);

t.test('R18: a client beyond the limit is refused, and its token is not spent', async (t) => {
  const limits = { ...configDefaults.limits, clientsPerCluster: 2 };
  const coordinator = await testCoordinator(t, Date.now(), { limits });
  await createCluster(coordinator);
  const { joinString } = await createToken(coordinator, { client: {}, uses: 3 });
  const first = await joinClient(coordinator, 'k3s-1', joinString);
  await joinClient(coordinator, 'k3s-2', joinString);
  const { answer } = await askToJoin(coordinator, 'k3s-3', joinString);
  t.match(answer.json(), wireRefusal('too_many_clients', { most: 2 }));
  t.equal((await coordinator.admin.post(`/v1/nodes/${first.id}/evict`)).status, 204);
  await t.resolves(joinClient(coordinator, 'k3s-3', joinString), 'an evicted one leaves its place');
});

t.test('it never founds a cluster, although it joined first and reports like any other node', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  const client = await joinClient(coordinator, 'k3s-1');
  await client.report();
  t.match(await statusOf(coordinator), {
    state: 'forming',
    waitsFor: [{ code: 'first_to_join', facts: { members: ['x-k3s-m-1', 'x-k3s-m-2', 'x-k3s-m-3'] } }],
  });
});

t.test('R8: it can be evicted at any time; its name is then free, and the cluster unchanged', async (t) => {
  const { coordinator, client } = await served(t);
  t.equal((await coordinator.admin.post(`/v1/nodes/${client.id}/evict`)).status, 204);
  t.match((await client.client.get('/v1/node/desired-state')).json(), wireRefusal('node_evicted'));
  t.match(await statusOf(coordinator), { state: 'healthy', clients: [] });
  const listed = async (query = '') => (await coordinator.admin.get(`/v1/nodes${query}`)).json<Page<NodeView>>().items;
  t.notOk((await listed()).some(({ id }) => id === client.id));
  t.type((await listed('?all=true')).find(({ id }) => id === client.id)?.evictedAt, 'string', 'the list says so');
  const { items } = (await coordinator.admin.get('/v1/events')).json<Page<EventView>>();
  t.strictSame(
    items.find(({ kind }) => kind === 'evict')?.facts,
    happening('evict', { by: 'operator ada', nodeId: client.id, kind: 'client', name: 'k3s-1' }).facts,
  );
  t.not((await joinClient(coordinator, 'k3s-1')).id, client.id);
});

t.test(
  'R5: a client that claims more than was published, without a seal, is quarantined until it is evicted',
  async (t) => {
    const { coordinator, client } = await served(t);
    await client.report({ agent: { ...readyStatus().agent, generationSeen: 9 } });
    t.match((await statusOf(coordinator)).waitsFor.at(-1), {
      code: 'node_quarantined',
      facts: { member: 'k3s-1', nodeId: client.id, way: reason('way_evict', { nodeId: client.id }) },
    });
    t.match((await client.client.get('/v1/node/desired-state')).json(), wireRefusal('node_quarantined'));
    await coordinator.admin.post(`/v1/nodes/${client.id}/evict`);
    t.same(await statusOf(coordinator).then(({ state, waitsFor }) => [state, waitsFor.length]), ['healthy', 0]);
  },
);

t.test('R12: after a restart it has the same identity and the same state', async (t) => {
  const { coordinator, client } = await served(t);
  const before = await stateOf(client);
  await coordinator.restart();
  t.same(await stateOf(nodeWith(coordinator, client)), before);
});

t.test('a token is for members or for clients', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  t.match(await createToken(coordinator, { client: { name: 'k3s-1' } }), { member: null, client: { name: 'k3s-1' } });
  t.match(await createToken(coordinator, { client: {} }), { member: null, client: { name: null } });
  const both = await coordinator.admin.post('/v1/tokens', { cluster: 'x-k3s', member: 'x-k3s-m-1', client: {} });
  t.match(
    both.json(),
    wireRefusal('invalid_request', { problem: 'body has both member and client, but a token is for one of them' }),
  );
  const byMembers = await askToJoin(coordinator, 'k3s-1', {});
  t.match(byMembers.answer.json(), wireRefusal('token_for_members'));
  const tooLong = await askToJoin(coordinator, 'p'.repeat(58), { client: {} });
  t.match(tooLong.answer.json(), wireRefusal('client_name_invalid'));
});

t.test('R15: its identity is renewed like a member’s, and a copy of it is detected and frozen', async (t) => {
  const { coordinator, client } = await served(t);
  const next = await renewed(coordinator, client);
  t.match(parseCertificate(next.certificate), {
    commonName: 'k3s-1',
    sans: [{ type: 'uri', value: `urn:picket:node:${client.id}` }],
  });
  t.equal((await next.client.get('/v1/node/desired-state')).status, 200);
  coordinator.clock.now += 61_000;
  t.match((await client.client.get('/v1/node/desired-state')).json(), wireRefusal('identity_superseded'));
  t.match((await askRenewal(next, await generateKey('p256'))).json(), wireRefusal('identity_frozen'));
  const csr = createCsr({ key: await generateKey('p256'), commonName: 'a client' });
  t.match(
    (await next.client.post('/v1/node/certificates', { purpose: 'client', csr })).json(),
    wireRefusal('identity_frozen'),
  );
  t.equal((await stateOf(next)).generation, 2, 'and it still gets news of its cluster');
  const copied = reason('superseded_key_shown', { generation: 1 });
  t.match(
    (await noticesOf(coordinator)).find(({ code }) => code === 'identity_is_frozen'),
    { facts: { name: 'k3s-1', nodeId: client.id, because: copied, kind: 'client' } },
  );
  const { items } = (await coordinator.admin.get('/v1/nodes')).json<Page<NodeView>>();
  t.match(items.find(({ id }) => id === client.id)?.identityFrozen, copied);

  t.equal((await coordinator.admin.post(`/v1/nodes/${client.id}/unfreeze`)).status, 204);
  t.equal((await askRenewal(next, await generateKey('p256'))).status, 200);
  const { items: events } = (await coordinator.admin.get('/v1/events')).json<Page<EventView>>();
  const of = { nodeId: client.id, name: 'k3s-1' };
  t.match(
    events.find(({ kind }) => kind === 'identity-renewed'),
    { facts: of },
  );
  t.match(
    events.find(({ kind }) => kind === 'identity-frozen'),
    { facts: { ...of, because: copied } },
  );
});

t.test('R15: after its end, its identity is recovered by its key', async (t) => {
  const coordinator = await testCoordinator(t, Date.now() - 40 * day);
  await createCluster(coordinator);
  const client = await joinClient(coordinator, 'k3s-1');
  coordinator.clock.now += 40 * day;
  t.match((await client.client.get('/v1/node/desired-state')).json(), wireRefusal('certificate_required'));
  t.match(
    (await askRecovery(clientOf(coordinator, client), await generateKey('p256'))).json(),
    wireRefusal('invalid_request'),
  );
  const back = await recovered(coordinator, client);
  t.match(await stateOf(back), { nodeId: client.id, client: { name: 'k3s-1' } });
  t.ok((await eventKinds(coordinator)).includes('identity-recovered'));
});

t.test('it has no member to ask about', async (t) => {
  const { client } = await served(t);
  const answer = await client.client.get('/v1/node/member');
  t.strictSame(answer.json(), failure('node_is_client', { client: 'k3s-1', cluster: 'x-k3s' }).toWire());
});

t.test('a new member cannot have the name of a client', async (t) => {
  const { coordinator } = await formed(t);
  const client = await joinClient(coordinator, 'x-k3s-m-4');
  t.equal(client.name, 'x-k3s-m-4');
  const { members } = seedCluster();
  const body = { members: [...members, { name: 'x-k3s-m-4', address: '192.168.7.14' }] };
  const answer = await coordinator.admin.request('PATCH', '/v1/clusters/x-k3s', {
    headers: { 'if-match': '"1"' },
    body,
  });
  t.equal(answer.status, 409);
  t.match(
    answer.json(),
    wireRefusal('setting_fixed', {
      cluster: 'x-k3s',
      setting: 'members',
      reason: 'a machine has joined as x-k3s-m-4',
    }),
  );
});
