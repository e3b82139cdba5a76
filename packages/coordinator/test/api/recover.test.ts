import type { KeyObject } from 'node:crypto';
import { failure } from '@picket/shared/errors.ts';
import { parseCertificate } from '@picket/shared/pki/certificate.ts';
import { createCsr } from '@picket/shared/pki/csr.ts';
import { issueAuthority } from '@picket/shared/pki/issue.ts';
import { exportPrivateKeyPem, generateKey } from '@picket/shared/pki/keys.ts';
import { randomSerial } from '@picket/shared/pki/serial.ts';
import type { CertificateView } from '@picket/shared/protocol/certificates.ts';
import type { NodeView } from '@picket/shared/protocol/nodes.ts';
import type { Page } from '@picket/shared/protocol/page.ts';
import t, { type Test } from 'tap';
import { renewIdentity } from '../../src/identity/renew-identity.ts';
import type { Answer, Client } from '../support/client.ts';
import { type TestCoordinator, testCoordinator } from '../support/coordinator.ts';
import { askRecovery, clientOf, eventKinds, recovered, renewed } from '../support/identities.ts';
import { createCluster, joinNode, nodeWith } from '../support/nodes.ts';

const day = 24 * 3_600_000;
const state = '/v1/node/desired-state';

/** Two nodes that joined 40 days ago and have been off since. */
async function offForLong(t: Test) {
  const coordinator = await testCoordinator(t, Date.now() - 40 * day);
  await createCluster(coordinator);
  const [node, other] = [await joinNode(coordinator, 1), await joinNode(coordinator, 2)];
  coordinator.clock.now += 40 * day;
  return { coordinator, node, other };
}

async function codeOf(answer: Promise<Answer>): Promise<string> {
  const { status, text } = await answer;
  return status < 400 ? String(status) : `${status} ${(JSON.parse(text) as { code: string }).code}`;
}

async function issuedSoFar({ admin }: TestCoordinator): Promise<number> {
  return (await admin.get('/v1/certificates')).json<Page<CertificateView>>().items.length;
}

async function frozen({ admin }: TestCoordinator, id: string): Promise<NodeView['identityFrozen']> {
  const { items } = (await admin.get('/v1/nodes')).json<Page<NodeView>>();
  return items.find((node) => node.id === id)?.identityFrozen ?? null;
}

/** A certificate that an attacker made for this key, with a subject of his choice. */
function selfMade(coordinator: TestCoordinator, key: KeyObject, commonName: string): Client {
  const now = Date.now();
  const { certificate } = issueAuthority({
    commonName,
    key,
    notBefore: new Date(now - day),
    notAfter: new Date(now + day),
    serial: randomSerial(),
  });
  return coordinator.client({ certificate: certificate.pem, key: exportPrivateKeyPem(key) });
}

t.test('R15: a node whose certificate has ended gets another for its key, and has its identity again', async (t) => {
  const { coordinator, node } = await offForLong(t);
  t.equal(await codeOf(node.client.get(state)), '401 certificate_required', 'the old one is useless');
  const back = await recovered(coordinator, node);
  t.equal((await back.desiredState()).nodeId, node.id);
  const { notAfter } = parseCertificate(back.certificate);
  t.equal(Math.round((notAfter.getTime() - coordinator.clock.now) / day), 30);
  t.ok((await eventKinds(coordinator)).includes('identity-recovered'));
  await coordinator.restart();
  t.equal(await codeOf(clientOf(coordinator, back).get(state)), '200', 'after a restart');
});

t.test('R15: of the presented certificate only the key counts', async (t) => {
  const { coordinator, node, other } = await offForLong(t);
  const client = selfMade(coordinator, node.key, `urn:picket:node:${other.id}`);
  const answer = await askRecovery(client, node.key);
  const certificate = parseCertificate(answer.json<{ certificate: string }>().certificate);
  t.match(certificate, { commonName: 'x-k3s-m-1', sans: [{ value: `urn:picket:node:${node.id}` }] });
});

t.test('R15: recording a node’s recovery request and sending it again gains nothing', async (t) => {
  const { coordinator, node, other } = await offForLong(t);
  const body = { csr: createCsr({ key: node.key, commonName: 'a node' }) };
  const before = await issuedSoFar(coordinator);
  const stranger = await generateKey('p256');
  const replays: readonly (readonly [Client, string])[] = [
    [coordinator.stranger, '401 certificate_required'],
    [selfMade(coordinator, stranger, 'x-k3s-m-1'), '401 key_unknown'],
    [clientOf(coordinator, other), '400 invalid_request'],
  ];
  for (const [client, refused] of replays) t.equal(await codeOf(client.post('/v1/recover', body)), refused);
  t.equal(await issuedSoFar(coordinator), before, 'nothing was issued');
  t.equal(await frozen(coordinator, node.id), null, 'and nobody is frozen');
});

t.test('R8, R15: an evicted node does not recover, and is refused with that reason', async (t) => {
  const { coordinator, node } = await offForLong(t);
  const { id } = node;
  t.equal((await coordinator.admin.post(`/v1/nodes/${id}/evict`)).status, 204);
  const answer = await askRecovery(clientOf(coordinator, node), node.key);
  t.equal(answer.status, 403);
  const evictedAt = new Date(coordinator.clock.now).toISOString();
  t.strictSame(answer.json(), failure('node_evicted', { nodeId: id, evictedAt }).toWire());
});

t.test('R8, R15: a node whose certificate was revoked does not recover', async (t) => {
  const { coordinator, node } = await offForLong(t);
  await coordinator.running.authorities.revoke(parseCertificate(node.certificate).serial);
  t.equal(await codeOf(askRecovery(clientOf(coordinator, node), node.key)), '403 key_revoked');
});

t.test('R15: an old copy that asks to recover is detected, and the node gets nothing more either', async (t) => {
  const { coordinator, node } = await offForLong(t);
  const back = await recovered(coordinator, node);
  const next = await renewed(coordinator, back);
  await next.desiredState();
  const before = await issuedSoFar(coordinator);
  t.equal(await codeOf(askRecovery(clientOf(coordinator, node), node.key)), '401 identity_superseded');
  t.match(await frozen(coordinator, node.id), { code: 'superseded_key_shown' });
  t.equal(await codeOf(askRecovery(clientOf(coordinator, next), next.key)), '403 identity_frozen');
  t.equal(await issuedSoFar(coordinator), before);
  t.equal(await codeOf(next.client.get(state)), '200', 'its etcd must not suffer');
});

t.test('R15: a renewed identity that ended before its first use recovers, and is then in force', async (t) => {
  const coordinator = await testCoordinator(t, Date.now() - 40 * day);
  await createCluster(coordinator);
  const node = await joinNode(coordinator, 1);
  // By the real clock, which TLS uses, its certificate has already ended: no connection asks for it.
  const { app: _app, ...deps } = coordinator.running;
  const key = await generateKey('p256');
  const certificate = await renewIdentity(
    { ...deps, now: () => coordinator.clock.now, failpoint: () => undefined },
    {
      kind: 'node',
      uri: `urn:picket:node:${node.id}`,
      nodeId: node.id,
      cluster: 'x-k3s',
      nodeRole: { kind: 'member', member: node.name },
      serial: parseCertificate(node.certificate).serial,
    },
    createCsr({ key, commonName: 'a node' }),
  );
  coordinator.clock.now += 40 * day;
  const back = await recovered(coordinator, nodeWith(coordinator, { ...node, key, certificate }));
  t.equal(await codeOf(back.client.get(state)), '200');
  t.equal(await codeOf(askRecovery(clientOf(coordinator, node), node.key)), '401 identity_superseded');
});

for (const name of ['recover.before-commit', 'recover.after-commit'] as const) {
  t.test(`R12, R15: after a crash of the coordinator at ${name} the node asks again and recovers`, async (t) => {
    const { coordinator, node } = await offForLong(t);
    coordinator.failpoint = (reached) => {
      if (reached === name) throw new Error('killed');
    };
    t.equal(await codeOf(askRecovery(clientOf(coordinator, node), node.key)), '500 internal');
    coordinator.failpoint = () => undefined;
    await coordinator.restart();
    t.equal(await codeOf((await recovered(coordinator, node)).client.get(state)), '200');
  });
}
