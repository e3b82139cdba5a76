import type { KeyObject } from 'node:crypto';
import { failure, type WireError } from '@picket/shared/errors.ts';
import { parseCertificate } from '@picket/shared/pki/certificate.ts';
import { createCsr } from '@picket/shared/pki/csr.ts';
import { exportPrivateKeyPem, generateKey } from '@picket/shared/pki/keys.ts';
import type { AuditEntry } from '@picket/shared/protocol/audit.ts';
import type { EventView } from '@picket/shared/protocol/events.ts';
import { parseJoinString } from '@picket/shared/protocol/join-string.ts';
import type { LoginAnswer, LoginCreated, OperatorView } from '@picket/shared/protocol/operators.ts';
import type { Page } from '@picket/shared/protocol/page.ts';
import type { Role } from '@picket/shared/protocol/roles.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import { until } from '../../../../test/support/until.ts';
import type { Client } from '../support/client.ts';
import { type TestCoordinator, testCoordinator } from '../support/coordinator.ts';
import { createCluster, createToken, joinRequest } from '../support/nodes.ts';
import { backedUp } from '../support/restored.ts';
import { wireRefusal } from '../support/said.ts';

const hour = 3_600_000;

async function created({ admin }: TestCoordinator, name: string, role: Role = 'operator'): Promise<LoginCreated> {
  const answer = await admin.post('/v1/operators', { name, role });
  if (answer.status !== 201) throw new Error(answer.text);
  return answer.json<LoginCreated>();
}

function logIn({ stranger }: TestCoordinator, loginString: string, key: KeyObject) {
  const { tokenId, secret } = parseJoinString(loginString);
  return stranger.post('/v1/login', { tokenId, secret, csr: createCsr({ key, commonName: 'whatever it says' }) });
}

/** A new operator that has logged in, with its key. */
async function loggedIn(coordinator: TestCoordinator, name: string, role?: Role): Promise<Client> {
  const key = await generateKey('p256');
  const answer = await logIn(coordinator, (await created(coordinator, name, role)).loginString, key);
  if (answer.status !== 200) throw new Error(answer.text);
  const { certificate } = answer.json<LoginAnswer>();
  return coordinator.client({ certificate, key: exportPrivateKeyPem(key) });
}

async function listed({ admin }: TestCoordinator): Promise<readonly OperatorView[]> {
  return (await admin.get('/v1/operators')).json<Page<OperatorView>>().items;
}

t.test(
  'R7: an operator gets a certificate for a key of its own, with names that the coordinator chooses',
  async (t) => {
    const coordinator = await testCoordinator(t);
    const { loginString, ...shown } = await created(coordinator, 'bob');
    t.match(shown, {
      name: 'bob',
      role: 'operator',
      certificateExpiresAt: null,
      loginExpiresAt: /Z$/,
      url: 'https://127.0.0.1:7443',
    });
    const key = await generateKey('p256');
    const answer = (await logIn(coordinator, loginString, key)).json<LoginAnswer>();
    t.match(answer, { operator: 'bob', role: 'operator' });
    const certificate = parseCertificate(answer.certificate);
    t.match(certificate, { commonName: 'bob', sans: [{ type: 'uri', value: 'urn:picket:operator:bob' }] });
    const bob = coordinator.client({ certificate: answer.certificate, key: exportPrivateKeyPem(key) });
    t.equal((await bob.get('/v1/clusters')).status, 200);
    t.match((await bob.get('/v1/operators')).json<Page<OperatorView>>().items, [
      { name: 'ada', role: 'admin' },
      { name: 'bob', certificateExpiresAt: certificate.notAfter.toISOString(), loginExpiresAt: null },
    ]);
  },
);

t.test('R8: a login string works once, until it expires, and only the newest of an operator', async (t) => {
  const coordinator = await testCoordinator(t);
  const key = await generateKey('p256');
  const first = await created(coordinator, 'bob');
  const next = (await coordinator.admin.post('/v1/operators/bob/login', { ttlSeconds: 3600 })).json<LoginCreated>();
  t.match((await logIn(coordinator, first.loginString, key)).json(), wireRefusal('login_unknown'));
  const { tokenId, pin } = parseJoinString(next.loginString);
  t.match(
    (await logIn(coordinator, `pkt1.${tokenId}.${'A'.repeat(32)}.${pin}`, key)).json(),
    wireRefusal('login_unknown'),
  );
  t.equal((await logIn(coordinator, next.loginString, key)).status, 200);
  coordinator.clock.now += 1000;
  t.match((await logIn(coordinator, next.loginString, key)).json(), wireRefusal('login_used'));
  const late = (await coordinator.admin.post('/v1/operators/bob/login')).json<LoginCreated>();
  coordinator.clock.now += 24 * hour;
  t.match((await logIn(coordinator, late.loginString, key)).json(), wireRefusal('login_expired'));
});

t.test('R7: a request without proof of the key gets no certificate, and spends nothing', async (t) => {
  const coordinator = await testCoordinator(t);
  const { loginString } = await created(coordinator, 'bob');
  const { tokenId, secret } = parseJoinString(loginString);
  const key = await generateKey('p256');
  const csr = createCsr({ key, commonName: 'bob' }).replace(/[A-Za-z0-9]{8}(?=[A-Za-z0-9+/=\n]*-----END)/, 'AAAAAAAA');
  t.equal((await coordinator.stranger.post('/v1/login', { tokenId, secret, csr })).status, 400);
  t.equal((await logIn(coordinator, loginString, key)).status, 200);
});

/** The answer to a client whose certificate was revoked at this moment. */
function revokedNow({ clock }: TestCoordinator): WireError {
  const at = new Date(clock.now).toISOString();
  return failure('certificate_required', { reason: reason('revoked_at', { at }) }).toWire();
}

t.test('R8: a revoked operator is refused at once, on its open connection and on each new one', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  const key = await generateKey('p256');
  const answer = await logIn(coordinator, (await created(coordinator, 'bob')).loginString, key);
  const own = { certificate: answer.json<LoginAnswer>().certificate, key: exportPrivateKeyPem(key) };
  const bob = coordinator.client(own);
  const { joinString } = (await bob.post('/v1/tokens', { cluster: 'x-k3s' })).json<{ joinString: string }>();
  const other = await createToken(coordinator);
  const { loginString } = (await coordinator.admin.post('/v1/operators/bob/login')).json<LoginCreated>();
  const { server } = coordinator.running.app;
  const sockets: { destroyed: boolean }[] = [];
  server.on('secureConnection', (socket: { destroyed: boolean }) => sockets.push(socket));
  const second = coordinator.client(own);
  await second.get('/v1/clusters');
  t.equal((await coordinator.admin.request('DELETE', '/v1/operators/bob')).status, 204);
  await until('its connection is closed', () => sockets.every(({ destroyed }) => destroyed), {
    within: 5000,
    every: 5,
  });
  t.strictSame((await coordinator.client(own).get('/v1/clusters')).json(), revokedNow(coordinator));
  t.match((await logIn(coordinator, loginString, key)).json(), wireRefusal('login_unknown'));
  t.same(
    (await listed(coordinator)).map(({ name }) => name),
    ['ada'],
  );
  const join = async (string: string, number: number) =>
    coordinator.stranger.post('/v1/join', joinRequest(string, await generateKey('p256'), number));
  t.match((await join(joinString, 1)).json(), wireRefusal('token_expired'), 'a join token that it made has ended');
  t.equal((await join(other.joinString, 1)).status, 200);
  t.equal((await coordinator.admin.request('DELETE', '/v1/operators/bob')).status, 404);
});

t.test('R8: an operator of the same name does not get the rights of a revoked one back', async (t) => {
  const coordinator = await testCoordinator(t);
  const bob = await loggedIn(coordinator, 'bob');
  await coordinator.admin.request('DELETE', '/v1/operators/bob');
  await created(coordinator, 'bob', 'admin');
  t.strictSame((await bob.get('/v1/clusters')).json(), revokedNow(coordinator));
});

t.test('R8: nor if the coordinator was killed before it had revoked the certificates', async (t) => {
  const coordinator = await testCoordinator(t);
  const bob = await loggedIn(coordinator, 'bob');
  await coordinator.running.inventory.operators.remove('bob');
  await created(coordinator, 'bob', 'admin');
  t.strictSame((await bob.get('/v1/clusters')).json(), revokedNow(coordinator));
});

t.test('R8: the last admin with a certificate is neither revoked nor demoted', async (t) => {
  const coordinator = await testCoordinator(t);
  const { admin } = coordinator;
  const demote = () => admin.request('PATCH', '/v1/operators/ada', { body: { role: 'viewer' } });
  const revoke = () => admin.request('DELETE', '/v1/operators/ada');
  t.match((await demote()).json(), wireRefusal('last_admin'));
  await created(coordinator, 'bob', 'admin');
  t.match((await demote()).json(), wireRefusal('last_admin'), 'nobody has logged in as bob');
  t.match((await revoke()).json(), wireRefusal('last_admin'));
  await loggedIn(coordinator, 'eve', 'operator');
  t.match((await revoke()).json(), wireRefusal('last_admin'));
  const carol = await loggedIn(coordinator, 'carol', 'admin');
  t.equal((await revoke()).status, 204, 'an admin may revoke itself');
  t.match((await coordinator.client(null).get('/v1/operators')).json(), wireRefusal('certificate_required'));
  t.match((await carol.request('DELETE', '/v1/operators/carol')).json(), wireRefusal('last_admin'));
});

t.test('a changed role applies to the next request of an open connection', async (t) => {
  const coordinator = await testCoordinator(t);
  const bob = await loggedIn(coordinator, 'bob', 'admin');
  const role = { body: { role: 'operator' } };
  const answer = await coordinator.admin.request('PATCH', '/v1/operators/bob', role);
  t.match(answer.json(), { name: 'bob', role: 'operator' });
  t.match((await bob.post('/v1/operators', { name: 'mallory', role: 'admin' })).json(), wireRefusal('not_permitted'));
  t.equal((await coordinator.admin.request('PATCH', '/v1/operators/nobody', role)).status, 404);
});

t.test('only an admin makes, changes and revokes operators', async (t) => {
  const coordinator = await testCoordinator(t);
  const operator = await coordinator.operator('operator');
  for (const [method, path, body] of [
    ['POST', '/v1/operators', { name: 'bob', role: 'viewer' }],
    ['POST', '/v1/operators/ada/login', {}],
    ['PATCH', '/v1/operators/ada', { role: 'viewer' }],
    ['DELETE', '/v1/operators/ada', undefined],
  ] as const)
    t.match((await operator.request(method, path, { body })).json(), wireRefusal('not_permitted'), path);
  t.equal((await operator.get('/v1/operators')).status, 200);
});

t.test('an operator that exists is not made again, and one that does not is not invited', async (t) => {
  const { admin } = await testCoordinator(t);
  t.match((await admin.post('/v1/operators', { name: 'ada', role: 'viewer' })).json(), wireRefusal('operator_exists'));
  t.match((await admin.post('/v1/operators/bob/login')).json(), wireRefusal('not_found'));
  t.equal((await admin.post('/v1/operators', { name: 'a b', role: 'viewer' })).status, 400);
});

t.test('R12: a login is in the audit log and among the events', async (t) => {
  const coordinator = await testCoordinator(t);
  await loggedIn(coordinator, 'bob');
  const [entry] = (await coordinator.admin.get('/v1/audit?limit=1')).json<Page<AuditEntry>>().items;
  const action = 'POST /v1/login';
  t.match(entry, {
    by: 'operator bob',
    from: '127.0.0.1',
    action,
    outcome: 'done',
    after: { serial: /./, until: /Z$/ },
  });
  const { items } = (await coordinator.admin.get('/v1/events')).json<Page<EventView>>();
  t.same(
    items.map(({ kind }) => kind),
    ['operator-logged-in', 'operator-invited', 'operator-created'],
  );
});

t.test('R5: after a restore of the coordinator, login strings are void', async (t) => {
  const coordinator = await testCoordinator(t);
  const { loginString } = await created(coordinator, 'bob');
  await (await backedUp(coordinator))();
  t.match((await logIn(coordinator, loginString, await generateKey('p256'))).json(), wireRefusal('login_unknown'));
});

t.test('R11: the store, the log and the audit log hold no secret of a login string', async (t) => {
  const coordinator = await testCoordinator(t);
  const { loginString } = await created(coordinator, 'bob');
  const { secret } = parseJoinString(loginString);
  await logIn(coordinator, loginString, await generateKey('p256'));
  await logIn(coordinator, loginString, await generateKey('p256'));
  const answers = [
    await coordinator.admin.get('/v1/audit/export'),
    await coordinator.admin.get('/v1/events'),
    await coordinator.admin.get('/v1/operators'),
  ];
  const stored = JSON.stringify(await coordinator.running.inventory.logins.all());
  for (const text of [...answers.map((answer) => answer.text), ...coordinator.log, stored])
    t.notOk(text.includes(secret));
});
