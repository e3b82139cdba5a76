import { failure } from '@picket/shared/errors.ts';
import t from 'tap';
import { makePki } from './support/pki.ts';
import { complaint, contextEnv, runCli } from './support/run-cli.ts';
import { type Seen, type StubAnswer, startStub } from './support/stub-coordinator.ts';

const pki = await makePki();
const sent = { body: { name: 'team', target: 'https://hooks.example' } };
const order = ['notify', 'test', 'team'];
const waits =
  'The connection was closed before the answer, so the order may be done. picket tries for up to 30 s to get the answer.\n';

/** A coordinator that answers its orders with these in turn, and with `last` from then on; `lost` is printed if nobody knows the answer. */
async function stub(orders: readonly StubAnswer[], last: StubAnswer = sent) {
  const left = [...orders];
  const stub = await startStub(pki, (seen) => (isOrder(seen) ? (left.shift() ?? last) : { body: {} }));
  t.teardown(() => stub.close());
  const request = 'POST /v1/notifications/team/test';
  const lost = failure('coordinator_silent', {
    url: stub.url,
    request,
    reason: 'the connection was closed',
    list: 'picket notify list',
  });
  return { seen: () => stub.seen.filter(isOrder), env: contextEnv(stub.url, pki), lost: complaint(lost) };
}

function isOrder({ line }: Seen): boolean {
  return line.startsWith('POST');
}

t.test('an order whose connection breaks is sent again with the same idempotency key', async (t) => {
  const { seen, env } = await stub([{ hangUp: true }, { hangUp: true }, sent]);
  const ran = await runCli(order, { env });
  t.equal(ran.code, 0, ran.err);
  t.equal(ran.err, waits);
  const keys = seen().map(({ idempotencyKey }) => idempotencyKey);
  t.match(keys, [/^"[0-9a-f-]{36}"$/, keys[0], keys[0]]);
  t.equal(new Set(seen().map(({ body }) => JSON.stringify(body))).size, 1);
});

t.test('two orders have two keys', async (t) => {
  const { seen, env } = await stub([sent, sent]);
  await runCli(order, { env });
  await runCli(order, { env });
  const [one, other] = seen().map(({ idempotencyKey }) => idempotencyKey);
  t.not(one, other);
});

t.test('while the coordinator still carries out the first, picket asks again', async (t) => {
  const running = { code: 'idempotent_request_running', message: 'It still runs.', hint: 'Wait.', details: {} };
  const { env } = await stub([{ hangUp: true }, { status: 409, body: running }, sent]);
  t.equal((await runCli(order, { env })).code, 0);
});

t.test('a refusal of the repetition is the result', async (t) => {
  const refused = { code: 'idempotent_answer_unknown', message: 'Nobody knows.', hint: 'Look.', details: {} };
  const { env } = await stub([{ hangUp: true }, { status: 409, body: refused }]);
  const ran = await runCli(order, { env });
  t.match([ran.code, ran.err], [1, /picket: Nobody knows\.\n {2}Look\. \(idempotent_answer_unknown\)\n$/]);
});

t.test('a coordinator that does not come back is not waited for longer than half a minute', async (t) => {
  const { seen, env, lost } = await stub([], { hangUp: true });
  const ran = await runCli(order, { env });
  t.match([ran.code, ran.err], [1, lost]);
  t.ok(seen().length < 20);
});

t.test('a coordinator that stops is sent again', async (t) => {
  const { env } = await stub([{ hangUp: true }, { status: 503, text: 'Service Unavailable' }, sent]);
  t.equal((await runCli(order, { env })).code, 0);
});

t.test('a refusal before the key is looked at does not hide that the order may be done', async (t) => {
  for (const [status, code] of [
    [429, 'too_many_requests'],
    [403, 'not_permitted'],
    [401, 'certificate_required'],
  ] as const) {
    const refused = { code, message: 'Refused.', hint: 'Wait.', details: {} };
    const { env, lost } = await stub([{ hangUp: true }, { status, body: refused }]);
    const ran = await runCli(order, { env });
    t.match([ran.code, ran.err], [1, lost], code);
  }
});

t.test('who interrupts the wait for the coordinator has read that the order may be done', async (t) => {
  const { env } = await stub([{ hangUp: true }], { hangUp: true });
  const interruption = new AbortController();
  const sleep = async () => interruption.abort();
  const ran = await runCli(order, { env, sleep, interrupted: interruption.signal });
  t.match(ran, { code: 130, err: waits });
});
