import { Server } from 'node:tls';
import { failure } from '@picket/shared/errors.ts';
import { parseCertificate } from '@picket/shared/pki/certificate.ts';
import { readCredential } from '@picket/shared/pki/credential.ts';
import { issueAuthority, signCertificate } from '@picket/shared/pki/issue.ts';
import { exportPrivateKeyPem, generateKey, publicKeyOf } from '@picket/shared/pki/keys.ts';
import { randomSerial } from '@picket/shared/pki/serial.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import fastify from 'fastify';
import t from 'tap';
import { mutualTls } from '../../src/api/mutual-tls.ts';
import { clientTurns } from '../../src/connections/client-turns.ts';
import { fairOrder } from '../../src/connections/fair-order.ts';
import { placesIn } from '../../src/files/data-dir.ts';
import { testCoordinator, textOf } from '../support/coordinator.ts';
import { polling } from '../support/handling.ts';
import { changeTuning, createCluster, joinNode } from '../support/nodes.ts';

const day = 24 * 3_600_000;

function notAccepted(why: string | Reason) {
  return failure('certificate_required', { reason: why }).toWire();
}

const notOurs = notAccepted('the certificate was not issued by this coordinator');

t.test('R8: a route that does not declare who may call it does not register', async (t) => {
  const { running } = await testCoordinator(t);
  const app = fastify();
  const noMatter = async () => undefined;
  await app.register(mutualTls, {
    control: running.authorities.control.certificate,
    directory: running.directory,
    connections: { isKnown: () => false, recognise: () => undefined, disconnect: () => undefined },
    quotas: { spend: noMatter },
    turns: clientTurns({ requestsAtOncePerClient: 1 }),
    order: fairOrder(() => performance.now()),
    timeout: () => AbortSignal.abort(),
    now: Date.now,
    firstUse: noMatter,
    copySeen: noMatter,
  });
  t.throws(() => app.get('/open', async () => 'hello'), {
    message: 'the route GET /open does not declare who may call it',
  });
});

t.test('R8: a revoked certificate is refused at the next request of its connection', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  const node = await joinNode(coordinator, 1);
  await node.desiredState();
  await coordinator.running.authorities.revoke(parseCertificate(node.certificate).serial);
  const answer = await node.client.get('/v1/node/desired-state');
  const at = new Date(coordinator.clock.now).toISOString();
  t.strictSame(answer.json(), notAccepted(reason('revoked_at', { at })));
});

const evicted = (nodeId: string, at: number) =>
  failure('node_evicted', { nodeId, evictedAt: new Date(at).toISOString() }).toWire();

t.test('R8: an evicted node is refused at the next request of its connection', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  const node = await joinNode(coordinator, 1);
  await node.desiredState();
  await coordinator.running.directory.evict(node.id, coordinator.clock.now);
  const answer = await node.client.get('/v1/node/desired-state');
  t.strictSame(answer.json(), evicted(node.id, coordinator.clock.now));
});

t.test('R8: an expired certificate is refused at the next request of its connection', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  const node = await joinNode(coordinator, 1);
  await node.desiredState();
  coordinator.clock.now += 31 * day;
  const answer = await node.client.get('/v1/node/desired-state');
  const at = parseCertificate(node.certificate).notAfter.toISOString();
  t.strictSame(answer.json(), notAccepted(reason('ended_at', { at })));
});

t.test('R8: a change during a poll is not given to a node that was evicted meanwhile', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  const node = await joinNode(coordinator, 1);
  await node.report();
  const { headers } = await node.client.get('/v1/node/desired-state');
  const waits = polling();
  const waiting = node.client.get('/v1/node/desired-state?wait=30', {
    headers: { 'if-none-match': headers.etag ?? '' },
  });
  await waits;
  await coordinator.running.directory.evict(node.id, coordinator.clock.now);
  await changeTuning(coordinator, 1, { heartbeatIntervalMs: 250 });
  const answer = await waiting;
  t.strictSame(answer.json(), evicted(node.id, coordinator.clock.now));
});

t.test('R8: a certificate of another authority is refused', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  const node = await joinNode(coordinator, 1);
  const real = parseCertificate(node.certificate);
  const [caKey, key] = [await generateKey('p256'), await generateKey('p256')];
  const lifetime = { notBefore: real.notBefore, notAfter: real.notAfter };
  const commonName = parseCertificate(coordinator.authority).x509.subject.replace(/^CN=/, '');
  const issuer = issueAuthority({ commonName, key: caKey, pathLength: 1, serial: randomSerial(), ...lifetime });
  // The same names and serial: it differs from the real one only by its signature and key.
  const forged = signCertificate({
    issuer,
    subject: { commonName: 'x-k3s-m-1' },
    publicKey: publicKeyOf(key),
    sans: real.sans,
    usage: 'node',
    serial: real.serial,
    ...lifetime,
  });
  const client = coordinator.client({ certificate: forged.pem, key: exportPrivateKeyPem(key) });
  const answer = await client.get('/v1/node/desired-state');
  t.strictSame(answer.json(), notOurs);
});

t.test('R8: a certificate that TLS accepts is refused unless the control authority issued it', async (t) => {
  const coordinator = await testCoordinator(t);
  const [caKey, key] = [await generateKey('p256'), await generateKey('p256')];
  const { control } = coordinator.running.authorities;
  const { notBefore, notAfter } = control.certificate;
  const lifetime = { notBefore, notAfter };
  const other = issueAuthority({ commonName: 'another CA', key: caKey, pathLength: 1, serial: '7f02', ...lifetime });
  const forged = signCertificate({
    issuer: other,
    subject: { commonName: 'ada' },
    publicKey: publicKeyOf(key),
    sans: [{ type: 'uri', value: 'urn:picket:operator:ada' }],
    usage: 'operator',
    serial: '7f03',
    ...lifetime,
  });
  const { server } = coordinator.running.app;
  if (!(server instanceof Server)) throw new Error('the application does not serve TLS');
  // As if a flaw let it through, as renegotiation once did.
  const { certificate, key: serverKey } = readCredential(textOf(placesIn(coordinator.config.dataDir).server) ?? '');
  const ca = [control.certificate.pem, other.certificate.pem];
  server.setSecureContext({ cert: certificate.pem, key: exportPrivateKeyPem(serverKey), ca });
  const client = coordinator.client({ certificate: forged.pem, key: exportPrivateKeyPem(key) });
  t.strictSame((await client.get('/v1/nodes')).json(), notOurs);
});

t.test('R8: a certificate of a cluster’s authority proves no identity to the coordinator', async (t) => {
  const coordinator = await testCoordinator(t);
  const { name } = await createCluster(coordinator);
  const { authorities, executor } = coordinator.running;
  const key = await generateKey('p256');
  const { certificate } = await authorities.issue({
    purpose: 'client',
    cluster: { id: executor.situation(name).record.id, name },
    principal: 'urn:picket:operator:ada',
    commonName: 'ada',
    sans: [{ type: 'uri', value: 'urn:picket:operator:ada' }],
    publicKey: publicKeyOf(key),
    lifetimeMs: day,
  });
  const client = coordinator.client({ certificate: certificate.pem, key: exportPrivateKeyPem(key) });
  t.strictSame((await client.get('/v1/nodes')).json(), notOurs);
});

t.test('R8: the coordinator’s own server certificate proves no identity to it', async (t) => {
  const coordinator = await testCoordinator(t);
  const key = await generateKey('p256');
  const { certificate } = await coordinator.running.authorities.issue({
    purpose: 'coordinator',
    cluster: null,
    principal: 'urn:picket:operator:ada',
    commonName: 'ada',
    sans: [{ type: 'uri', value: 'urn:picket:operator:ada' }],
    publicKey: publicKeyOf(key),
    lifetimeMs: day,
  });
  const client = coordinator.client({ certificate: certificate.pem, key: exportPrivateKeyPem(key) });
  const answer = await client.get('/v1/nodes');
  t.strictSame(answer.json(), notAccepted('the certificate was refused (INVALID_PURPOSE)'));
});

t.test('R8: a certificate that the control authority signed and the store does not know is refused', async (t) => {
  const coordinator = await testCoordinator(t);
  const key = await generateKey('p256');
  const { control } = coordinator.running.authorities;
  const certificate = signCertificate({
    issuer: control,
    subject: { commonName: 'ada' },
    publicKey: publicKeyOf(key),
    sans: [{ type: 'uri', value: 'urn:picket:operator:ada' }],
    usage: 'operator',
    serial: '7f01',
    notBefore: new Date(coordinator.clock.now - 60_000),
    notAfter: new Date(coordinator.clock.now + day),
  });
  const client = coordinator.client({ certificate: certificate.pem, key: exportPrivateKeyPem(key) });
  t.strictSame((await client.get('/v1/nodes')).json(), notAccepted(reason('serial_unknown', { serial: '7f01' })));
});

t.test('R8: a node cannot name another node: there is no parameter for it', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  const [one, two] = [await joinNode(coordinator, 1), await joinNode(coordinator, 2)];
  const answer = await one.client.get(`/v1/node/desired-state?nodeId=${two.id}`);
  t.strictSame(
    answer.json(),
    failure('invalid_request', { problem: 'querystring has the unknown field "nodeId"' }).toWire(),
  );
});

t.test('R8: a node reads only its own data', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  const [one, two] = [await joinNode(coordinator, 1), await joinNode(coordinator, 2)];
  t.same([(await one.desiredState()).nodeId, (await two.desiredState()).nodeId], [one.id, two.id]);
});

t.test('R8: a node’s report counts as its own', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  const [one] = [await joinNode(coordinator, 1), await joinNode(coordinator, 2)];
  await one.report();
  const { nodes } = coordinator.running.executor.situation('x-k3s').status;
  t.same([nodes['x-k3s-m-1']?.status === null, nodes['x-k3s-m-2']?.status], [false, null]);
});
