import { generateKeyPairSync } from 'node:crypto';
import { failure } from '@picket/shared/errors.ts';
import type { AuditEntry } from '@picket/shared/protocol/audit.ts';
import { parseJoinString } from '@picket/shared/protocol/join-string.ts';
import type { Page } from '@picket/shared/protocol/page.ts';
import type { TokenCreated, TokenView } from '@picket/shared/protocol/tokens.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import { until } from '../../../../test/support/until.ts';
import { SecretBox } from '../../src/authority/secret-box.ts';
import { placesIn } from '../../src/files/data-dir.ts';
import { openIdempotentRequests } from '../../src/idempotency/idempotent-requests.ts';
import { operatorUri } from '../../src/identity/uris.ts';
import type { Answer, Client } from '../support/client.ts';
import { type TestCoordinator, testCoordinator, textOf } from '../support/coordinator.ts';
import { createCluster } from '../support/nodes.ts';
import { addChannel } from '../support/notified.ts';
import { receiver } from '../support/receiver.ts';
import { wireRefusal } from '../support/said.ts';
import { tamper } from '../support/tampering.ts';

const forCluster = { cluster: 'x-k3s' };
const withKey = (key: string) => ({ headers: { 'idempotency-key': key } });
const unknown = (why: Reason) => failure('idempotent_answer_unknown', { key: 'one', reason: why }).toWire();

t.test('a repeated creation gets the first answer, creates nothing, and says so', async (t) => {
  const coordinator = await withCluster(t);
  const first = await coordinator.admin.post('/v1/tokens', forCluster, withKey('one'));
  const again = await coordinator.admin.post('/v1/tokens', forCluster, withKey('one'));
  t.match([first.status, first.headers['idempotent-replayed']], [201, undefined]);
  t.match([again.status, again.headers['idempotent-replayed'], again.text], [201, 'true', first.text]);
  t.match(again.headers, { 'content-type': /^application\/json/, 'cache-control': 'no-store' });
  t.equal((await tokensOf(coordinator)).length, 1);
});

t.test('a repetition is answered the same after a restart of the coordinator', async (t) => {
  const coordinator = await withCluster(t);
  const first = await coordinator.admin.post('/v1/tokens', forCluster, withKey('one'));
  await coordinator.restart();
  const again = await coordinator.admin.post('/v1/tokens', forCluster, withKey('one'));
  t.match([again.status, again.text], [201, first.text]);
  t.equal((await tokensOf(coordinator)).length, 1);
});

t.test('a repeated change of a cluster gets the revision that the first made', async (t) => {
  const { admin } = await withCluster(t);
  const change = {
    headers: { ...withKey('one').headers, 'if-match': '"1"' },
    body: { tuning: { heartbeatIntervalMs: 250 } },
  };
  const first = await admin.request('PATCH', '/v1/clusters/x-k3s', change);
  const again = await admin.request('PATCH', '/v1/clusters/x-k3s', change);
  t.match([again.status, again.headers.etag, again.text], [200, '"2"', first.text]);
});

t.test('the key may have the quotation marks of RFC 8941', async (t) => {
  const { admin } = await withCluster(t);
  const first = await admin.post('/v1/tokens', forCluster, withKey('"one"'));
  t.equal((await admin.post('/v1/tokens', forCluster, withKey('one'))).text, first.text);
});

t.test('a key that cannot be one is refused', async (t) => {
  const coordinator = await withCluster(t);
  for (const key of ['', '"one', 'one two', 'a'.repeat(129)])
    t.match(
      (await coordinator.admin.post('/v1/tokens', forCluster, withKey(key))).json(),
      wireRefusal('invalid_request', { problem: 'headers/idempotency-key must match pattern' }),
    );
  t.same(await tokensOf(coordinator), []);
});

t.test('another request with a used key is refused, and not carried out', async (t) => {
  const coordinator = await withCluster(t);
  const { admin } = coordinator;
  await admin.post('/v1/tokens', forCluster, withKey('one'));
  const others = [
    await admin.post('/v1/tokens', { ...forCluster, uses: 2 }, withKey('one')),
    await admin.post('/v1/clusters/x-k3s/reset', undefined, withKey('one')),
  ];
  for (const other of others) t.match([other.status, other.json()], [422, { code: 'idempotency_key_reused' }]);
  t.equal((await tokensOf(coordinator)).length, 1);
});

t.test('the same key of two operators means two requests', async (t) => {
  const coordinator = await withCluster(t);
  const operator = await coordinator.operator('operator');
  await coordinator.admin.post('/v1/tokens', forCluster, withKey('one'));
  const other = await operator.post('/v1/tokens', { ...forCluster, uses: 2 }, withKey('one'));
  t.equal(other.status, 201);
});

t.test('an operator who is no longer allowed to send a request does not get its answer', async (t) => {
  const coordinator = await withCluster(t);
  const operator = await coordinator.operator('operator');
  await operator.post('/v1/tokens', forCluster, withKey('one'));
  await coordinator.admin.request('PATCH', '/v1/operators/operator', { body: { role: 'viewer' } });
  t.equal((await operator.post('/v1/tokens', forCluster, withKey('one'))).status, 403);
});

t.test('an operator who gets the name of a revoked one does not get the answers to its requests', async (t) => {
  const coordinator = await withCluster(t);
  const before = await coordinator.operator('operator');
  const first = await before.post('/v1/tokens', forCluster, withKey('one'));
  await coordinator.admin.request('DELETE', '/v1/operators/operator');
  const after = await coordinator.operator('operator');
  const second = await after.post('/v1/tokens', forCluster, withKey('one'));
  t.equal(second.status, 201);
  t.not(second.json<TokenCreated>().id, first.json<TokenCreated>().id);
});

t.test('an order that a revoked operator has begun does not answer the next one of its name', async (t) => {
  const { path, target, reached, release, credentials, coordinator } = await heldTest(t);
  const { admin } = coordinator;
  await addChannel(coordinator, { kind: 'webhook', url: target.url }, { name: 'other' });
  const before = t.rejects(coordinator.client(credentials).post(path, undefined, withKey('one')));
  await reached(1);
  await admin.request('DELETE', '/v1/operators/grace');
  await before;
  const grace = await coordinator.credentials('admin', 'grace');
  const order = () => coordinator.client(grace).post('/v1/notifications/other/test', undefined, withKey('one'));
  const after = order();
  await Promise.race([reached(2), after]);
  release();
  await until('the first order has ended', async () => (await newestEntry(admin))?.kind === 'result', { every: 0 });
  const again = await order();
  t.match([again.status, again.json()], [409, { code: 'idempotent_request_running' }]);
  release();
  t.match((await after).json(), { name: 'other' });
});

t.test('while the first request runs, a repetition is refused for the moment', async (t) => {
  const { path, target, reached, release, credentials, coordinator } = await heldTest(t);
  const [one, other] = [coordinator.client(credentials), coordinator.client(credentials)];
  const running = one.post(path, undefined, withKey('one'));
  await reached(1);
  const again = await other.post(path, undefined, withKey('one'));
  t.match(
    [again.status, again.headers['retry-after'], again.json()],
    [409, '1', { code: 'idempotent_request_running' }],
  );
  release();
  t.equal((await running).status, 200);
  t.match((await other.post(path, undefined, withKey('one'))).headers, { 'idempotent-replayed': 'true' });
  t.equal(target.received.length, 1, 'one message was sent');
});

t.test('an operator who leaves before the answer gets it with a repetition', async (t) => {
  const { path, target, reached, release, credentials, coordinator } = await heldTest(t);
  const leaving = new AbortController();
  const lost = coordinator.client(credentials).post(path, undefined, { ...withKey('one'), signal: leaving.signal });
  await reached(1);
  leaving.abort();
  await t.rejects(lost);
  release();
  const back = coordinator.client(credentials);
  const repeated = async () => {
    const answer = await back.post(path, undefined, withKey('one'));
    return answer.status !== 409 && answer;
  };
  const again = await until('the first request has ended', repeated, { every: 0 });
  t.match([again.status, again.headers['idempotent-replayed']], [200, 'true']);
  t.equal(target.received.length, 1, 'one message was sent');
});

t.test('a refused request is judged again', async (t) => {
  const coordinator = await testCoordinator(t);
  const { admin } = coordinator;
  t.equal((await admin.post('/v1/tokens', forCluster, withKey('one'))).status, 404);
  await createCluster(coordinator);
  t.equal((await admin.post('/v1/tokens', forCluster, withKey('one'))).status, 201);
});

t.test('a request that failed after its change gets the same answer, and is not carried out again', async (t) => {
  const coordinator = await withCluster(t);
  const { executor } = coordinator.running;
  const { frozen } = executor;
  Object.assign(executor, {
    frozen() {
      throw new Error('no answer');
    },
  });
  const first = await coordinator.admin.post('/v1/tokens', forCluster, withKey('one'));
  Object.assign(executor, { frozen });
  const again = await coordinator.admin.post('/v1/tokens', forCluster, withKey('one'));
  t.match([again.status, again.text], [500, first.text]);
  t.match(again.json(), { code: 'change_kept' });
  t.equal((await tokensOf(coordinator)).length, 1);
});

t.test('R12: a request without a stored result is not carried out again, also after a restart', async (t) => {
  const coordinator = await withCluster(t);
  const { database } = placesIn(coordinator.config.dataDir);
  await coordinator.restart(async () =>
    tamper(
      database,
      `create trigger no_result before insert on audit when json_extract(new.entry, '$.kind') = 'result'
       begin select raise(abort, 'full'); end`,
    ),
  );
  t.equal((await coordinator.admin.post('/v1/tokens', forCluster, withKey('one'))).status, 201);
  await checkUnknown();
  await coordinator.restart(async () => tamper(database, 'drop trigger no_result'));
  await checkUnknown();

  async function checkUnknown(): Promise<void> {
    const again = await coordinator.admin.post('/v1/tokens', forCluster, withKey('one'));
    t.strictSame([again.status, again.json()], [409, unknown(reason('idempotent_request_cut_off'))]);
    t.equal((await tokensOf(coordinator)).length, 1);
  }
});

t.test('R12: the audit log has a repeated request once', async (t) => {
  const { admin } = await withCluster(t);
  await admin.post('/v1/tokens', forCluster, withKey('one'));
  const before = await newestEntry(admin);
  await admin.post('/v1/tokens', forCluster, withKey('one'));
  t.same(await newestEntry(admin), before);
});

t.test('R11: the store has neither the secret of an answer nor what a request asked for', async (t) => {
  const coordinator = await withCluster(t);
  const { admin, config } = coordinator;
  const answers: Answer[] = [];
  for (const key of ['one', 'one']) {
    answers.push(await admin.post('/v1/tokens', forCluster, withKey(key)));
    answers.push(await admin.post('/v1/operators', { name: 'grace', role: 'viewer' }, withKey('two')));
  }
  const { database } = placesIn(config.dataDir);
  const stored = [database, `${database}-wal`].map((file) => textOf(file) ?? '').join('');
  t.ok(stored.includes('idempotent_requests'));
  const said = coordinator.log.join('\n');
  for (const answer of answers) {
    const { joinString, loginString } = answer.json<{ joinString?: string; loginString?: string }>();
    const { secret } = parseJoinString(joinString ?? loginString ?? '');
    t.notOk(stored.includes(secret) || said.includes(secret));
  }
});

t.test(
  'R11: an answer opens only for its operator and key, and what cannot be opened is not carried out again',
  async (t) => {
    const coordinator = await withCluster(t);
    for (const key of ['one', 'two']) await coordinator.admin.post('/v1/tokens', forCluster, withKey(key));
    const { database } = placesIn(coordinator.config.dataDir);
    const otherOf = (column: string) =>
      `update idempotent_requests set ${column} = (select ${column} from idempotent_requests where key = 'two') where key = 'one'`;
    for (const column of ['answer', 'fingerprint']) {
      await coordinator.restart(async () => tamper(database, otherOf(column)));
      const again = await coordinator.admin.post('/v1/tokens', forCluster, withKey('one'));
      t.strictSame([again.status, again.json()], [409, unknown(reason('kept_answer_unreadable'))]);
    }
    t.equal((await tokensOf(coordinator)).length, 2);
  },
);

t.test('R18: an answer that is too large is not stored, and its request is not carried out again', async (t) => {
  const { running, clock } = await testCoordinator(t);
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const requests = openIdempotentRequests({ box: new SecretBox(privateKey), now: () => clock.now });
  const request = { operator: operatorUri('ada'), key: 'one', fingerprint: 'f' };
  await running.inventory.transaction(async (store) => {
    await requests.begin(store, request, 1);
    await requests.finish(store, request, 1, { status: 200, headers: {}, body: 'a'.repeat(128 * 1024) });
    t.equal((await store.idempotentRequests.find(request))?.answer, '');
    await t.rejects(requests.find(store, request), {
      code: 'idempotent_answer_unknown',
      facts: { reason: reason('answer_too_large_to_keep') },
    });
  });
});

t.test('R18: the answer to an old request is removed a day later at the earliest', async (t) => {
  const coordinator = await withCluster(t);
  const first = await coordinator.admin.post('/v1/tokens', forCluster, withKey('one'));
  const hour = 3_600_000;
  for (let passed = 0; passed < 24; passed += 1) await pass();
  t.equal((await coordinator.admin.post('/v1/tokens', forCluster, withKey('one'))).text, first.text);
  for (let passed = 0; passed < 2; passed += 1) await pass();
  t.not((await coordinator.admin.post('/v1/tokens', forCluster, withKey('one'))).text, first.text);

  async function pass(): Promise<void> {
    coordinator.clock.now += hour;
    await coordinator.running.tick();
  }
});

t.test('R14: a clock that somebody sets ahead removes no answer', async (t) => {
  const coordinator = await withCluster(t);
  const first = await coordinator.admin.post('/v1/tokens', forCluster, withKey('one'));
  coordinator.setClock(30 * 24 * 3_600_000);
  coordinator.clock.now += 2 * 3_600_000;
  await coordinator.running.tick();
  t.equal((await coordinator.admin.post('/v1/tokens', forCluster, withKey('one'))).text, first.text);
});

t.test('the API description names the header for each request that takes it', async (t) => {
  const { stranger } = await testCoordinator(t);
  type Parameter = { readonly name: string; readonly in: string };
  type Route = { readonly parameters?: readonly Parameter[] };
  const { paths } = (await stranger.get('/openapi.json')).json<{ paths: Record<string, Record<string, Route>> }>();
  const takes = (path: string, method: string) =>
    paths[path]?.[method]?.parameters?.some(({ name }) => name === 'idempotency-key') ?? false;
  t.ok(takes('/v1/tokens', 'post'));
  t.ok(takes('/v1/clusters/{name}', 'patch'));
  t.notOk(takes('/v1/tokens/{id}', 'delete'), 'repeated, it does nothing more');
  t.notOk(takes('/v1/nodes/{id}/logs', 'post'), 'it creates nothing');
  t.notOk(takes('/v1/join', 'post'), 'it is not from an operator');
});

/** An order that takes as long as the test wants: the test message of a channel. */
async function heldTest(t: Parameters<typeof testCoordinator>[0]) {
  const coordinator = await testCoordinator(t);
  const target = await receiver(t);
  const held: (() => void)[] = [];
  target.behave = (_request, response) => held.push(() => response.end('ok'));
  const reached = (count: number) =>
    until(`message ${count} has come`, () => target.received.length >= count, { every: 0 });
  await addChannel(coordinator, { kind: 'webhook', url: target.url });
  const credentials = await coordinator.credentials('admin', 'grace');
  const release = () => held.shift()?.();
  return { coordinator, credentials, target, reached, release, path: '/v1/notifications/team/test' };
}

async function withCluster(t: Parameters<typeof testCoordinator>[0]): Promise<TestCoordinator> {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  return coordinator;
}

async function tokensOf({ admin }: TestCoordinator): Promise<readonly TokenView[]> {
  return (await admin.get('/v1/tokens')).json<Page<TokenView>>().items;
}

async function newestEntry(admin: Client): Promise<AuditEntry | undefined> {
  return (await admin.get('/v1/audit?limit=1')).json<Page<AuditEntry>>().items[0];
}
