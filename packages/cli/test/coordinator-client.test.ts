import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { failure, PicketError } from '@picket/shared/errors.ts';
import t from 'tap';
import { connectionProblem } from '../src/connection-problem.ts';
import { connectCoordinator } from '../src/coordinator-client.ts';
import { makePki } from './support/pki.ts';
import { contextEnv, contextFor, runCli } from './support/run-cli.ts';
import { type StubAnswer, startStub } from './support/stub-coordinator.ts';
import { clusterStatus } from './support/views.ts';

const [pki, stranger, misnamed, ended] = await Promise.all([
  makePki(),
  makePki(),
  makePki({
    serverNames: [
      { type: 'dns', value: 'pi.example.net' },
      { type: 'ip', value: '10.0.0.1' },
    ],
  }),
  makePki({ serverEnded: true }),
]);
let next: StubAnswer[] = [];
const stub = await startStub(pki, ({ line }) =>
  line.includes('/events/') ? { pieces: [], goesOn: true } : (next.shift() ?? { body: clusterStatus() }),
);
const env = contextEnv(stub.url, pki);
const status = ['status', 'x-k3s'];

t.teardown(() => stub.close());

async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

t.test('the coordinator is down', async (t) => {
  const url = `https://127.0.0.1:${await closedPort()}`;
  const ran = await runCli(status, { env: contextEnv(url, pki, 'down.yml') });
  t.equal(ran.code, 1);
  t.match(
    ran.err,
    `picket: The coordinator at ${url} cannot be reached: no coordinator listens at ${url.slice('https://'.length)} (connection refused).\n`,
  );
});

t.test('nothing listens at the address: the words name it, and say how to find out why', async (t) => {
  const ran = await runCli(status, { env: contextEnv('https://127.0.0.1:1', pki, 'nobody.yml') });
  t.equal(ran.code, 1);
  t.match(ran.err, 'cannot be reached: no coordinator listens at 127.0.0.1:1 (connection refused).');
  t.match(ran.err, /`systemctl status picket-coordinator`.*https:\/\/127\.0\.0\.1:1 is its address.*firewall/);
  t.notMatch(ran.err, 'curl');
});

t.test('a name that DNS does not know', async (t) => {
  const ran = await runCli([...status, '-o', 'json'], { env: contextEnv('https://pi.invalid:7443', pki, 'dns.yml') });
  t.equal(ran.code, 1);
  t.equal(JSON.parse(ran.out).code, 'coordinator_unreachable');
  t.match(
    JSON.parse(ran.out).message,
    /cannot be reached: (DNS does not know the name|no DNS server answered for the name) pi\.invalid\./,
  );
});

t.test('a context of another coordinator: nothing is sent', async (t) => {
  stub.seen.length = 0;
  const ran = await runCli(status, { env: contextEnv(stub.url, stranger, 'stranger.yml') });
  t.equal(ran.code, 1);
  t.match(
    ran.err,
    `picket: The coordinator at ${stub.url} cannot prove that it is yours: its certificate was not issued by the context's certificateAuthority.\n  Nothing was sent.`,
  );
  t.strictSame(stub.seen, []);
});

t.test('a certificate for other names, and one that has ended', async (t) => {
  const wrong = [
    [misnamed, "picket: The coordinator's certificate is not for 127.0.0.1; it is for pi.example.net, 10.0.0.1.\n"],
    [ended, 'cannot prove that it is yours: its certificate has expired'],
  ] as const;
  for (const [its, message] of wrong) {
    const other = await startStub(its, () => ({ body: {} }));
    const ran = await runCli(status, { env: contextEnv(other.url, its, 'wrong.yml') });
    await other.close();
    t.equal(ran.code, 1);
    t.match(ran.err, message);
    t.strictSame(other.seen, []);
  }
});

t.test('a port that does not speak TLS', async (t) => {
  const server = createServer((socket) => socket.on('error', () => undefined).end('HTTP/1.1 400 Bad Request\r\n\r\n'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const ran = await runCli(status, { env: contextEnv(url, pki, 'plain.yml') });
  server.close();
  t.match(ran.err, `picket: The answer from ${url} is not the answer of a coordinator: it does not speak TLS.\n`);
});

t.test("the coordinator's refusals pass through, known here or not", async (t) => {
  const wires = [
    [403, failure('not_permitted', { principal: 'operator eve', needs: 'the role admin' }).toWire()],
    [404, failure('not_found', { what: 'cluster', name: 'x-k3s' }).toWire()],
    [401, failure('certificate_required', { reason: 'the certificate has expired' }).toWire()],
    [418, { code: 'of_a_later_version', message: 'It is too late.', hint: 'Come sooner.', details: { by: 3 } }],
  ] as const;
  for (const [httpStatus, wire] of wires) {
    next = [
      { status: httpStatus, body: wire },
      { status: httpStatus, body: wire },
    ];
    const ran = await runCli(status, { env });
    t.strictSame([ran.code, ran.err, ran.out], [1, `picket: ${wire.message}\n  ${wire.hint}\n`, '']);
    const json = await runCli([...status, '--output', 'json'], { env });
    t.strictSame([json.code, JSON.parse(json.out), json.err], [1, wire, '']);
  }
});

t.test('what is no answer of a coordinator', async (t) => {
  const problem = (code: number) =>
    `is not the answer of a coordinator: its answer has status ${code} and is not what the API sends.`;
  for (const [answer, message] of [
    [{ text: '<html>' }, problem(200)],
    [{ status: 502, text: 'Bad Gateway' }, problem(502)],
    [{ status: 302, text: '' }, problem(302)],
    [{ text: '"a string"' }, problem(200)],
    [{ hangUp: true }, `did not answer GET /v1/clusters/x-k3s/status: the connection was closed.`],
  ] as const) {
    next = [answer];
    const ran = await runCli(status, { env });
    t.equal(ran.code, 1);
    t.ok(ran.err.includes(message), ran.err);
  }
});

t.test('pages that lead nowhere end', async (t) => {
  next = [{ body: { items: [], next: 'a' } }, { body: { items: [], next: 'a' } }];
  const ran = await runCli(['events'], { env });
  t.match(ran.err, 'GET /v1/events does not answer with pages');
  next = [{ body: {} }];
  t.match((await runCli(['node', 'list'], { env })).err, 'GET /v1/nodes does not answer with pages');
});

t.test('requests have a deadline, answers a size', async (t) => {
  const client = connectCoordinator(contextFor(stub.url, pki), new AbortController().signal, {
    connectMs: 1000,
    deadlineMs: 300,
    maxAnswerBytes: 1000,
  });
  const request = () => client.request({ method: 'GET', path: '/v1/clusters' });
  next = [{ silent: true }];
  await t.rejects(request(), {
    code: 'coordinator_silent',
    message: `The coordinator at ${stub.url} did not answer GET /v1/clusters: no answer within 0 s.`,
  });
  next = [{ text: JSON.stringify({ much: 'x'.repeat(2000) }) }];
  await t.rejects(request(), {
    code: 'coordinator_answer_invalid',
    message: `The answer from ${stub.url} is not the answer of a coordinator: its answer is larger than 1000 bytes.`,
  });
  await client.close();
});

t.test('an interruption ends a command with status 130 and no words', async (t) => {
  const interruption = new AbortController();
  next = [{ silent: true }];
  const running = runCli(status, { env, interrupted: interruption.signal });
  setTimeout(() => interruption.abort(), 200);
  t.strictSame(await running, { code: 130, out: '', err: '' });
});

t.test('status --watch waits for a coordinator that comes back, and for nothing else', async (t) => {
  const interruption = new AbortController();
  let rounds = 0;
  const sleep = async () => {
    rounds += 1;
    if (rounds === 2) interruption.abort();
  };
  const options = { env, sleep, interrupted: interruption.signal };
  next = [{ hangUp: true }];
  const ran = await runCli([...status, '--watch', '-o', 'json'], options);
  t.equal(ran.code, 0);
  t.match(ran.err, 'the connection was closed. Trying again.\n');
  t.strictSame(JSON.parse(ran.out), clusterStatus());

  next = [{ status: 404, body: failure('not_found', { what: 'cluster', name: 'x-k3s' }).toWire() }];
  t.equal((await runCli([...status, '--watch'], { env })).code, 1);
});

t.test('the causes of a failure in plain words', async (t) => {
  const attempt = { server: 'https://pi:7443', request: 'GET /v1/nodes', deadlineMs: 30_000, maxAnswerBytes: 10 };
  const saying = (code: string) => connectionProblem(Object.assign(new Error('x'), { code }), attempt)?.message;
  t.equal(
    saying('EHOSTUNREACH'),
    'The coordinator at https://pi:7443 cannot be reached: no route leads to that machine.',
  );
  t.equal(
    saying('UND_ERR_CONNECT_TIMEOUT'),
    'The coordinator at https://pi:7443 cannot be reached: the machine does not answer; it may be off, or a firewall blocks the connection.',
  );
  t.equal(saying('ENOSYS'), 'The coordinator at https://pi:7443 cannot be reached: the connection failed (ENOSYS).');
  t.match(saying('CERT_NOT_YET_VALID'), "its certificate is not valid yet; check this machine's clock.");
  const several = new AggregateError([Object.assign(new Error('x'), { code: 'ECONNREFUSED' })]);
  t.match(connectionProblem(several, attempt)?.message, 'connection refused');
  t.equal(connectionProblem(new TypeError('a defect'), attempt), undefined);
});

t.test('the error for a defect of ours says so, without secrets (R11)', async (t) => {
  const connect = () => ({
    server: 'https://pi:7443',
    receive: async () => undefined,
    request: () => Promise.reject(new TypeError(`bad pkt1.abcdefgh.${'S'.repeat(22)}.00\n${pki.credential}`)),
    close: async () => undefined,
  });
  const ran = await runCli(status, { env, connect });
  t.equal(ran.code, 1);
  t.match(ran.err, 'picket: picket failed unexpectedly: TypeError: bad pkt1.abcdefgh.…');
  t.notMatch(ran.err, 'SSSS');
  t.notOk(ran.err.includes('BEGIN PRIVATE'));
  t.ok(new PicketError('cli_failed', { problem: 'x' }).hint);
});
