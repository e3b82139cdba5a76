import { once } from 'node:events';
import { request as httpsRequest } from 'node:https';
import { createCsr } from '@picket/shared/pki/csr.ts';
import { exportPrivateKeyPem, generateKey } from '@picket/shared/pki/keys.ts';
import type { AuditEntry } from '@picket/shared/protocol/audit.ts';
import type { CertificateView } from '@picket/shared/protocol/certificates.ts';
import type { ClusterStatusView } from '@picket/shared/protocol/clusters.ts';
import type { EventView } from '@picket/shared/protocol/events.ts';
import type { EvictionView } from '@picket/shared/protocol/nodes.ts';
import type { Page } from '@picket/shared/protocol/page.ts';
import type { ReadoptionView } from '@picket/shared/protocol/readoption.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import t, { type Test } from 'tap';
import type { TestCoordinator } from '../support/coordinator.ts';
import { polling } from '../support/handling.ts';
import { clientOf } from '../support/identities.ts';
import { createToken, joinNode, joinRequest, nodeWith, servingAlone, type TestNode } from '../support/nodes.ts';
import { backedUp } from '../support/restored.ts';
import { wireRefusal } from '../support/said.ts';
import { formed, reportAll } from '../support/voters.ts';

interface Scene {
  readonly coordinator: TestCoordinator;
  readonly nodes: readonly [TestNode, TestNode, TestNode];
  /** The third, which reports as the others do. */
  readonly bad: TestNode;
}

async function scene(t: Test): Promise<Scene> {
  const { coordinator, nodes } = await formed(t);
  const [one, two, bad] = nodes as [TestNode, TestNode, TestNode];
  return { coordinator, nodes: [one, two, bad], bad };
}

function evict({ coordinator }: Pick<Scene, 'coordinator'>, { id }: TestNode, more: object = {}) {
  return coordinator.admin.post(`/v1/nodes/${id}/evict`, { compromised: true, ...more });
}

async function ask(node: TestNode, purpose: string) {
  const csr = createCsr({ key: await generateKey('p256'), commonName: 'a node' });
  return node.client.post('/v1/node/certificates', { purpose, csr });
}

async function issuedTo({ coordinator }: Pick<Scene, 'coordinator'>, { id }: TestNode) {
  const { items } = (await coordinator.admin.get('/v1/certificates?limit=500')).json<Page<CertificateView>>();
  return items.filter(({ principal }) => principal === `urn:picket:node:${id}`);
}

/** The refusal of a certificate that was revoked at this moment. */
function revokedNow({ clock }: TestCoordinator) {
  return wireRefusal('certificate_required', {
    reason: reason('revoked_at', { at: new Date(clock.now).toISOString() }),
  });
}

function statusOf({ admin }: TestCoordinator) {
  return admin.get('/v1/clusters/x-k3s/status').then((answer) => answer.json<ClusterStatusView>());
}

t.test(
  'R8: a compromised node that reports is shut out at once, on its open connection and on each new one',
  async (t) => {
    const made = await scene(t);
    const { coordinator, nodes, bad } = made;
    const { headers } = await bad.client.get('/v1/node/desired-state');
    const waits = polling();
    const waiting = bad.client
      .get('/v1/node/desired-state?wait=30', { headers: { 'if-none-match': headers.etag ?? '' } })
      .then(({ status }) => String(status))
      .catch((error: NodeJS.ErrnoException) => error.code);
    await waits;
    const before = await issuedTo(made, bad);
    t.equal((await evict(made, bad)).status, 200);
    t.equal(await waiting, 'ECONNRESET', 'its poll ends without an answer');
    const refused = revokedNow(coordinator);
    t.match((await bad.client.get('/v1/node/desired-state')).json(), refused);
    for (const purpose of ['client', 'peer', 'server', 'identity']) t.match((await ask(bad, purpose)).json(), refused);
    t.match((await bad.report()).json(), refused);
    const csr = createCsr({ key: bad.key, commonName: 'a node' });
    t.match((await clientOf(coordinator, bad).post('/v1/recover', { csr })).json(), { code: 'node_evicted' });
    t.equal((await issuedTo(made, bad)).length, before.length, 'it gets no certificate');
    const orders = [await nodes[0].desiredState(), await nodes[1].desiredState()];
    t.match(
      orders.flatMap(({ membershipStep }) => membershipStep ?? []),
      [{ kind: 'remove-voter', memberId: 'a3' }],
    );
  },
);

t.test('R8: a certificate request that began before the eviction is refused once its body has arrived', async (t) => {
  const made = await scene(t);
  const { coordinator, bad } = made;
  const before = await issuedTo(made, bad);
  const body = JSON.stringify({ purpose: 'client', csr: createCsr({ key: bad.key, commonName: 'a node' }) });
  const { port, authority: ca } = coordinator;
  const own = { ca, cert: bad.certificate, key: exportPrivateKeyPem(bad.key) };
  const headers = { 'content-type': 'application/json', 'content-length': body.length, expect: '100-continue' };
  const path = '/v1/node/certificates';
  const request = httpsRequest({ host: '127.0.0.1', port, method: 'POST', path, agent: false, headers, ...own });
  request.flushHeaders();
  await once(request, 'continue');
  await coordinator.running.directory.evict(bad.id, coordinator.clock.now);
  request.end(body);
  const [answer] = await once(request, 'response');
  t.equal(answer.statusCode, 403);
  answer.resume();
  t.equal((await issuedTo(made, bad)).length, before.length);
});

t.test('R8: a node that is evicted while its certificate is recorded does not get it', async (t) => {
  const { coordinator, bad } = await scene(t);
  const { authorities, directory } = coordinator.running;
  const issue = authorities.issue.bind(authorities);
  authorities.issue = async (request) => {
    const issued = await issue(request);
    await directory.evict(bad.id, coordinator.clock.now);
    return issued;
  };
  t.match((await ask(bad, 'client')).json(), { code: 'node_evicted' });
});

t.test('R8: join tokens that it may know are void, others are not', async (t) => {
  const { coordinator } = await formed(t, 2);
  const shared = await createToken(coordinator, { uses: 5 });
  const bound = await createToken(coordinator, { member: 'x-k3s-m-2', uses: 5 });
  const other = await createToken(coordinator, { member: 'x-k3s-m-1' });
  const asClient = await createToken(coordinator, { client: { name: 'x-k3s-c-1' } });
  const open = await createToken(coordinator);
  const bad = (await coordinator.running.inventory.nodes.findByName('x-k3s', 'x-k3s-m-2'))?.id ?? '';
  await coordinator.running.inventory.nodes.keepTokenUse(bad, shared.id);
  t.equal((await coordinator.admin.post(`/v1/nodes/${bad}/evict`, { compromised: true })).status, 200);
  const join = async (joinString: string, number: number) =>
    (await coordinator.stranger.post('/v1/join', joinRequest(joinString, await generateKey('p256'), number))).json();
  t.match(await join(shared.joinString, 2), { code: 'token_expired' });
  t.match(await join(bound.joinString, 2), { code: 'token_expired' });
  const void_ = [shared.id, bound.id];
  const { items } = await coordinator.running.inventory.tokens.list({ limit: 50, after: null }, null);
  const ended = items.filter(({ expiresAt }) => expiresAt <= coordinator.clock.now).map(({ id }) => id);
  t.same(ended.filter((id) => [...void_, other.id, asClient.id, open.id].includes(id)).sort(), void_.sort());
});

t.test('the answer says until when its certificates open etcd, and why its member cannot leave yet', async (t) => {
  const made = await scene(t);
  const { coordinator, nodes, bad } = made;
  for (const purpose of ['client', 'server']) await ask(bad, purpose);
  coordinator.clock.now += 100_000;
  await reportAll([nodes[0]]);
  const ends = (await issuedTo(made, bad))
    .filter(({ purpose }) => purpose === 'client')
    .map(({ notAfter }) => notAfter);
  for (const more of [{ dryRun: true }, {}]) {
    const answer = (await evict(made, bad, more)).json<EvictionView>();
    t.match(answer, {
      etcdAccess: { client: ends[0], server: /Z$/, peer: null, admin: null },
      waitsFor: { code: 'too_few_stay', facts: { others: 2, able: 1, needed: 2 } },
    });
  }
  const { state, headline, next, waitsFor } = await statusOf(coordinator);
  t.equal(state, 'at-risk');
  t.match(headline, {
    code: 'compromised_votes',
    facts: { member: 'x-k3s-m-3', obstacle: { code: 'too_few_stay', facts: { others: 2, needed: 2 } } },
  });
  t.match(next, { command: 'picket-agent status', on: { member: 'x-k3s-m-2' } });
  t.match(
    waitsFor.find(({ code }) => code === 'must_not_leave_yet'),
    { facts: { member: 'x-k3s-m-3', why: { code: 'too_few_stay', facts: { others: 2, able: 1 } } } },
  );
  await reportAll([nodes[1]]);
  t.match(await nodes[0].desiredState(), { membershipStep: { kind: 'remove-voter', memberId: 'a3' } });
});

t.test('it is in the audit log and among the events', async (t) => {
  const made = await scene(t);
  const { coordinator, bad } = made;
  await evict(made, bad);
  const [entry] = (await coordinator.admin.get('/v1/audit?limit=1')).json<Page<AuditEntry>>().items;
  t.match(entry, {
    object: `node ${bad.id}`,
    asked: { compromised: true },
    after: { evictedAt: /Z$/ },
    outcome: 'done',
  });
  const events = (await coordinator.admin.get('/v1/events')).json<Page<EventView>>().items;
  t.match(
    events.find(({ kind }) => kind === 'compromised'),
    { facts: { by: 'operator ada', name: 'x-k3s-m-3' } },
  );
  t.match((await statusOf(coordinator)).headline, { code: 'compromised_votes', facts: { member: 'x-k3s-m-3' } });
});

t.test('R5: a store of before the eviction lets nobody re-adopt it', async (t) => {
  const made = await scene(t);
  const { coordinator, bad } = made;
  const restore = await backedUp(coordinator);
  await evict(made, bad);
  await restore();
  t.match((await nodeWith(coordinator, bad).report()).json(), revokedNow(coordinator));
  const { keys } = (await coordinator.admin.get(`/v1/nodes/${bad.id}/readoption`)).json<ReadoptionView>();
  t.same(keys, []);
});

t.test(
  'R4: another machine takes its place by a new token, and learns of no etcd until that incarnation is out',
  async (t) => {
    const made = await scene(t);
    await evict(made, made.bad);
    const next = await joinNode(made.coordinator, 3);
    await next.report();
    t.match(await next.desiredState(), { etcd: null, retired: [] });
    const { joinString } = await createToken(made.coordinator);
    const again = await made.coordinator.stranger.post('/v1/join', joinRequest(joinString, made.bad.key, 3));
    t.match(again.json(), { code: 'node_evicted' }, 'never by its old key');
  },
);

t.test('R16: also while the cluster is frozen, and nothing is published by it', async (t) => {
  const made = await scene(t);
  const { coordinator, nodes, bad } = made;
  const other = servingAlone('life0002', 'x-k3s-m-2', 2);
  await nodes[1].report({ ...other, etcd: other.etcd && { ...other.etcd, linearizableRead: false } });
  coordinator.clock.now += 40_000;
  const { service, etcd } = servingAlone('life0001', 'x-k3s-m-1', 1);
  await nodes[0].report({ service, etcd: etcd && { ...etcd, clusterId: 'c2' } });
  t.equal((await statusOf(coordinator)).state, 'frozen');
  const generation = () => coordinator.running.executor.situation('x-k3s').status.nodes['x-k3s-m-1']?.generation;
  const before = generation();
  t.equal((await evict(made, bad)).status, 200);
  t.equal(generation(), before);
  t.match((await clientOf(coordinator, bad).get('/v1/node/desired-state')).json(), { code: 'certificate_required' });
});

t.test('an operator cannot call a node compromised, and nobody calls it lost at the same time', async (t) => {
  const made = await scene(t);
  const operator = await made.coordinator.operator('operator');
  const path = `/v1/nodes/${made.bad.id}/evict`;
  t.match((await operator.post(path, { compromised: true })).json(), { code: 'not_permitted' });
  t.match((await evict(made, made.bad, { lost: true })).json(), { details: { problem: /both lost and compromised/ } });
  t.equal((await made.bad.report()).status, 200);
});
