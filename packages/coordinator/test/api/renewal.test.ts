import { parseCertificate } from '@picket/shared/pki/certificate.ts';
import { createCsr } from '@picket/shared/pki/csr.ts';
import { generateKey } from '@picket/shared/pki/keys.ts';
import { spkiHash } from '@picket/shared/pki/spki.ts';
import type { CertificateAnswer, CertificateView } from '@picket/shared/protocol/certificates.ts';
import type { JoinAnswer } from '@picket/shared/protocol/join.ts';
import type { NodeView } from '@picket/shared/protocol/nodes.ts';
import type { Page } from '@picket/shared/protocol/page.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import t, { type Test } from 'tap';
import { readyStatus } from '../../../shared/test/samples/node-status.ts';
import { type TestCoordinator, testCoordinator } from '../support/coordinator.ts';
import { csrWith } from '../support/foreign-csr.ts';
import { askRenewal, clientOf, eventKinds, noticesOf, renewed } from '../support/identities.ts';
import { createCluster, createToken, joinNode, joinRequest, nodeWith, type TestNode } from '../support/nodes.ts';

const day = 24 * 3_600_000;

async function joined(t: Test, startsAt?: number): Promise<{ coordinator: TestCoordinator; node: TestNode }> {
  const coordinator = await testCoordinator(t, startsAt);
  await createCluster(coordinator);
  return { coordinator, node: await joinNode(coordinator, 1) };
}

async function nodeOf({ admin }: TestCoordinator): Promise<NodeView | undefined> {
  return (await admin.get('/v1/nodes')).json<Page<NodeView>>().items[0];
}

/** Status and code. */
async function codeOf(answer: ReturnType<TestNode['client']['get']>): Promise<string> {
  const { status, text } = await answer;
  return status < 400 ? String(status) : `${status} ${(JSON.parse(text) as { code: string }).code}`;
}

const state = '/v1/node/desired-state';
/** Longer than anything can be on its way. */
const aWhile = 61_000;

t.test('R15: a renewed identity is in force from its first use on, and the former one is refused', async (t) => {
  const { coordinator, node } = await joined(t);
  const next = await renewed(coordinator, node);
  t.equal(await codeOf(node.client.get(state)), '200', 'the old one until then');
  t.equal(await codeOf(next.client.get(state)), '200');
  t.equal(await codeOf(node.client.get(state)), '401 identity_superseded');
  await coordinator.restart();
  t.equal(await codeOf(clientOf(coordinator, next).get(state)), '200', 'after a restart');
  t.equal((await eventKinds(coordinator))[0], 'identity-renewed');
});

t.test(
  'R7, R15: names and lifetime of a renewed identity come from the coordinator, its key from the CSR',
  async (t) => {
    const { coordinator, node } = await joined(t, Date.now() - 20 * day);
    coordinator.clock.now += 20 * day;
    const next = await renewed(coordinator, node);
    const certificate = parseCertificate(next.certificate);
    t.match(certificate, {
      commonName: 'x-k3s-m-1',
      sans: [{ type: 'uri', value: `urn:picket:node:${node.id}` }],
      spkiHash: spkiHash(next.key),
    });
    t.equal(Math.round((certificate.notAfter.getTime() - coordinator.clock.now) / day), 30);
    t.equal((await nodeOf(coordinator))?.identityExpiresAt, parseCertificate(node.certificate).notAfter.toISOString());
    await next.desiredState();
    t.equal((await nodeOf(coordinator))?.identityExpiresAt, certificate.notAfter.toISOString(), 'once it is in force');
  },
);

t.test('R7: a CSR for an identity that asks for names is refused', async (t) => {
  const { node } = await joined(t);
  const csr = await csrWith('subjectAltName=URI:urn:picket:operator:ada');
  t.equal(
    await codeOf(node.client.post('/v1/node/certificates', { purpose: 'identity', csr })),
    '400 csr_asks_for_names',
  );
});

t.test('R12, R15: a node whose answer was lost asks again with the same key and gets the same answer', async (t) => {
  const { coordinator, node } = await joined(t);
  const key = await generateKey('p256');
  coordinator.failpoint = (name) => {
    if (name === 'renew.after-commit') throw new Error('killed');
  };
  t.equal((await askRenewal(node, key)).status, 500);
  coordinator.failpoint = () => undefined;
  await coordinator.restart();
  const again = nodeWith(coordinator, node);
  const first = await renewed(coordinator, again, key);
  const second = await renewed(coordinator, again, key);
  t.equal(first.certificate, second.certificate);
  const { items } = (await coordinator.admin.get('/v1/certificates')).json<Page<CertificateView>>();
  t.equal(items.filter(({ purpose }) => purpose === 'node').length, 2, 'that of the join and one more');
  t.equal(await codeOf(second.client.get(state)), '200');
});

t.test('R15: an answer that has waited for long is not repeated; the same key gets a new one', async (t) => {
  const { coordinator, node } = await joined(t, Date.now() - 12 * day);
  const key = await generateKey('p256');
  const old = await renewed(coordinator, node, key);
  coordinator.clock.now += 12 * day;
  const fresh = await renewed(coordinator, node, key);
  t.not(fresh.certificate, old.certificate);
  t.equal(await codeOf(fresh.client.get(state)), '200');
});

for (const name of ['renew.before-commit', 'in-force.before-commit'] as const) {
  t.test(`R12, R15: a coordinator that dies at ${name} has done nothing, and the node continues`, async (t) => {
    const { coordinator, node } = await joined(t);
    const key = await generateKey('p256');
    coordinator.failpoint = (reached) => {
      if (reached === name) throw new Error('killed');
    };
    const asked = await askRenewal(node, key);
    if (name === 'in-force.before-commit') {
      const { certificate } = asked.json<CertificateAnswer>();
      t.equal((await nodeWith(coordinator, { ...node, key, certificate }).client.get(state)).status, 500);
    }
    coordinator.failpoint = () => undefined;
    await coordinator.restart();
    const again = nodeWith(coordinator, node);
    t.equal(await codeOf(again.client.get(state)), '200', 'by the old one');
    const next = await renewed(coordinator, again, key);
    t.equal(await codeOf(next.client.get(state)), '200');
    t.equal((await nodeOf(coordinator))?.identityFrozen, null);
  });
}

t.test('R15: two first requests at once put a renewed identity in force once', async (t) => {
  const { coordinator, node } = await joined(t);
  const next = await renewed(coordinator, node);
  const requests = [next.client, clientOf(coordinator, next), clientOf(coordinator, next)];
  t.same(await Promise.all(requests.map((client) => codeOf(client.get(state)))), ['200', '200', '200']);
  t.same(
    (await eventKinds(coordinator)).filter((kind) => kind === 'identity-renewed'),
    ['identity-renewed'],
  );
});

t.test('R15: a node that lost its new key before its first use renews with another', async (t) => {
  const { coordinator, node } = await joined(t);
  await renewed(coordinator, node);
  const next = await renewed(coordinator, node);
  t.equal(await codeOf(next.client.get(state)), '200');
  t.equal((await nodeOf(coordinator))?.identityFrozen, null);
});

t.test('R15: its own key in force, or that of another node, does not count as new', async (t) => {
  const { coordinator, node } = await joined(t);
  const other = await joinNode(coordinator, 2);
  for (const { key } of [node, other]) t.equal(await codeOf(askRenewal(node, key)), '409 identity_key_used');
  t.equal((await nodeOf(coordinator))?.identityFrozen, null);
});

t.test('R15: a node and its copy that renew in turns are detected', async (t) => {
  const { coordinator, node } = await joined(t);
  const keys = [await generateKey('p256'), await generateKey('p256')] as const;
  await renewed(coordinator, node, keys[0]);
  await renewed(coordinator, node, keys[1]);
  t.equal(await codeOf(askRenewal(node, keys[0])), '409 identity_key_used');
  t.match((await nodeOf(coordinator))?.identityFrozen, { code: 'superseded_key_to_renew' });
  t.equal(await codeOf(askRenewal(node, keys[1])), '403 identity_frozen', 'neither of them gets anything more');
  await coordinator.admin.post(`/v1/nodes/${node.id}/unfreeze`);
  const next = await renewed(coordinator, node);
  t.equal(await codeOf(next.client.get(state)), '200', 'without the copy it renews');
  t.equal((await nodeOf(coordinator))?.identityFrozen, null);
});

t.test('R15: a copy that uses a superseded identity freezes issuing, and nothing else', async (t) => {
  const { coordinator, node } = await joined(t);
  const next = await renewed(coordinator, node);
  await next.desiredState();
  const copy = nodeWith(coordinator, node);
  coordinator.clock.now += aWhile;
  t.equal(await codeOf(copy.client.get(state)), '401 identity_superseded');

  const leaf = async () => ({ purpose: 'server', csr: await csrWith() });
  t.equal(await codeOf(next.client.post('/v1/node/certificates', await leaf())), '403 identity_frozen');
  t.equal(await codeOf(askRenewal(next, await generateKey('p256'))), '403 identity_frozen');
  t.equal(await codeOf(next.client.get(state)), '200', 'its etcd must not suffer');
  t.equal((await next.report()).status, 200);

  const because = reason('superseded_key_shown', { generation: 1 });
  t.match((await nodeOf(coordinator))?.identityFrozen, because);
  t.match(
    (await noticesOf(coordinator)).find(({ code }) => code === 'identity_is_frozen'),
    { facts: { name: 'x-k3s-m-1', nodeId: node.id, because } },
  );
  t.ok((await eventKinds(coordinator)).includes('identity-frozen'));
  await coordinator.restart();
  t.match((await nodeOf(coordinator))?.identityFrozen, because, 'after a restart');

  const again = nodeWith(coordinator, next);
  t.equal((await coordinator.admin.post(`/v1/nodes/${node.id}/unfreeze`)).status, 204);
  t.equal(
    await codeOf(again.client.post('/v1/node/certificates', await leaf())),
    '200',
    'an operator confirms that it is the node',
  );
  t.equal(
    await codeOf(coordinator.admin.post(`/v1/nodes/${node.id}/unfreeze`)),
    '409 identity_not_frozen',
    'and only once',
  );
});

t.test('only an admin lets a node have certificates again', async (t) => {
  const { coordinator, node } = await joined(t);
  const operator = await coordinator.operator('operator');
  t.equal(await codeOf(operator.post(`/v1/nodes/${node.id}/unfreeze`)), '403 not_permitted');
  t.equal(await codeOf(coordinator.admin.post('/v1/nodes/nothere00/unfreeze')), '404 not_found');
});

t.test(
  'R15: a request that was on its way while the node changed to its new key is refused, and is no copy',
  async (t) => {
    const { coordinator, node } = await joined(t);
    await (await renewed(coordinator, node)).desiredState();
    for (const client of [node.client, clientOf(coordinator, node)]) {
      t.equal(await codeOf(client.get(state)), '401 identity_superseded');
    }
    t.equal((await nodeOf(coordinator))?.identityFrozen, null);
    coordinator.clock.now += aWhile;
    t.equal(await codeOf(node.client.get(state)), '401 identity_superseded');
    t.match((await nodeOf(coordinator))?.identityFrozen, { code: 'superseded_key_shown' }, 'but a later one is');
  },
);

t.test('R15: two runs of one node that report in turns are a node and its copy', async (t) => {
  const { coordinator, node } = await joined(t);
  const { agent } = readyStatus();
  const report = (startedAt: string) => node.report({ agent: { ...agent, startedAt } });
  const [one, other] = ['2026-01-01T00:00:00Z', '2026-01-01T00:00:10Z'] as const;
  await report(one);
  await report(other);
  await report(one);
  t.equal((await nodeOf(coordinator))?.identityFrozen, null, 'a late report may arrive once');
  await report(other);
  await report(one);
  t.match((await nodeOf(coordinator))?.identityFrozen, { code: 'two_runs_report' });
  t.equal(await codeOf(node.client.get(state)), '200');
});

t.test('R15: an agent that is restarted again and again is no copy', async (t) => {
  const { coordinator, node } = await joined(t);
  const { agent } = readyStatus();
  for (let second = 0; second < 10; second += 1) {
    await node.report({ agent: { ...agent, startedAt: `2026-01-01T00:00:0${second}Z` } });
    await node.report({ agent: { ...agent, startedAt: `2026-01-01T00:00:0${second}Z` } });
  }
  t.equal((await nodeOf(coordinator))?.identityFrozen, null);
});

t.test('R15: a new token identifies the right node', async (t) => {
  const { coordinator, node } = await joined(t);
  const next = await renewed(coordinator, node);
  await next.desiredState();
  coordinator.clock.now += aWhile;
  await nodeWith(coordinator, node).client.get(state);
  t.ok((await nodeOf(coordinator))?.identityFrozen);
  const { joinString } = await createToken(coordinator, { member: node.name });
  const answer = await coordinator.stranger.post('/v1/join', joinRequest(joinString, node.key, 1));
  const { nodeId, certificate } = answer.json<JoinAnswer>();
  t.equal(nodeId, node.id);
  t.equal((await nodeOf(coordinator))?.identityFrozen, null);
  const right = nodeWith(coordinator, { ...node, certificate });
  t.equal(await codeOf(right.client.get(state)), '200');
  t.equal(await codeOf(next.client.get(state)), '401 identity_superseded');
});

t.test('R15: a token from before the freeze does not identify the node', async (t) => {
  const { coordinator, node } = await joined(t);
  const { joinString } = await createToken(coordinator, { member: node.name });
  const next = await renewed(coordinator, node);
  await next.desiredState();
  coordinator.clock.now += aWhile;
  await nodeWith(coordinator, node).client.get(state);
  const request = joinRequest(joinString, node.key, 1);
  t.equal(await codeOf(coordinator.stranger.post('/v1/join', request)), '403 identity_frozen');
  t.ok((await nodeOf(coordinator))?.identityFrozen);
});

t.test('R15: the token of its first join does not put a superseded key in force again', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  const key = await generateKey('p256');
  // Unused uses do not allow it either.
  const { joinString } = await createToken(coordinator, { uses: 3 });
  const request = joinRequest(joinString, key, 1);
  const { nodeId, certificate } = (await coordinator.stranger.post('/v1/join', request)).json<JoinAnswer>();
  const node = nodeWith(coordinator, { id: nodeId, name: 'x-k3s-m-1', key, certificate });
  t.equal((await coordinator.stranger.post('/v1/join', request)).status, 200, 'before, it admits the node again');
  await (await renewed(coordinator, node)).desiredState();
  t.equal(await codeOf(coordinator.stranger.post('/v1/join', request)), '401 identity_superseded');
});

t.test('R8: an evicted node renews nothing', async (t) => {
  const { coordinator, node } = await joined(t);
  const next = await renewed(coordinator, node);
  await coordinator.running.directory.evict(node.id, coordinator.clock.now);
  t.equal(await codeOf(askRenewal(node, await generateKey('p256'))), '403 node_evicted');
  t.equal(await codeOf(next.client.get(state)), '403 node_evicted', 'nor what it had not used yet');
});

t.test('status reports an identity that was not renewed in time, and one that has ended', async (t) => {
  const { coordinator, node } = await joined(t, Date.now() - 31 * day);
  const told = async () => (await noticesOf(coordinator)).filter(({ code }) => code.startsWith('identity_'));
  const its = { name: 'x-k3s-m-1', at: parseCertificate(node.certificate).notAfter.toISOString() };
  coordinator.clock.now += 20 * day;
  t.strictSame(await told(), []);
  coordinator.clock.now += 5 * day;
  t.strictSame(await told(), [reason('identity_ends', its)]);
  coordinator.clock.now += 6 * day;
  t.strictSame(await told(), [reason('identity_ended', its)]);
});

t.test('R14: no identity is renewed while the clock is before the last issuance', async (t) => {
  const { coordinator, node } = await joined(t);
  coordinator.clock.now -= 1000;
  t.equal(await codeOf(askRenewal(node, await generateKey('p256'))), '503 clock_behind');
});

t.test('anything other than a CSR renews nothing', async (t) => {
  const { node } = await joined(t);
  const csr = createCsr({ key: node.key, commonName: 'x' }).slice(0, 100);
  t.equal(await codeOf(node.client.post('/v1/node/certificates', { purpose: 'identity', csr })), '400 pem_malformed');
});
