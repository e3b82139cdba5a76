import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { failure, PicketError } from '@picket/shared/errors.ts';
import t from 'tap';
import { connectionProblem } from '../src/connection-problem.ts';
import { connectCoordinator } from '../src/coordinator-client.ts';
import { makePki } from './support/pki.ts';
import { complaint, complaintLike, contextEnv, contextFor, runCli } from './support/run-cli.ts';
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

/** The error if no coordinator listens at this address. */
function nobodyListens(url: string): PicketError {
  const reason = 'nothing listens there; is it running, and is the port right?';
  return failure('coordinator_unreachable', { url, reason });
}

t.test('the coordinator is down', async (t) => {
  const url = `https://127.0.0.1:${await closedPort()}`;
  const ran = await runCli(status, { env: contextEnv(url, pki, 'down.yml') });
  t.equal(ran.code, 1);
  t.equal(ran.err, complaint(nobodyListens(url)));
});

t.test('nothing listens at the address: the words name it, and say how to find out why', async (t) => {
  const ran = await runCli(status, { env: contextEnv('https://127.0.0.1:1', pki, 'nobody.yml') });
  t.equal(ran.code, 1);
  t.equal(ran.err, complaint(nobodyListens('https://127.0.0.1:1')));
  t.notMatch(ran.err, 'curl');
});

t.test('a name that DNS does not know', async (t) => {
  const ran = await runCli([...status, '-o', 'json'], { env: contextEnv('https://pi.invalid:7443', pki, 'dns.yml') });
  t.equal(ran.code, 1);
  const reason = /^(DNS does not know its name|no DNS server answered); /;
  t.match(JSON.parse(ran.out), { code: 'coordinator_unreachable', details: { reason } });
});

t.test('a context of another coordinator: nothing is sent', async (t) => {
  stub.seen.length = 0;
  const ran = await runCli(status, { env: contextEnv(stub.url, stranger, 'stranger.yml') });
  t.equal(ran.code, 1);
  const problem = "its certificate was not issued by the context's certificateAuthority";
  t.equal(ran.err, complaint(failure('coordinator_untrusted', { url: stub.url, problem })));
  t.strictSame(stub.seen, []);
});

t.test('a certificate for other names, and one that has ended', async (t) => {
  const wrong = [
    [
      misnamed,
      complaint(failure('coordinator_name_mismatch', { host: '127.0.0.1', names: 'pi.example.net, 10.0.0.1' })),
    ],
    [ended, complaintLike('coordinator_untrusted', { problem: 'its certificate has expired{rest}' })],
  ] as const;
  for (const [its, expected] of wrong) {
    const other = await startStub(its, () => ({ body: {} }));
    const ran = await runCli(status, { env: contextEnv(other.url, its, 'wrong.yml') });
    await other.close();
    t.equal(ran.code, 1);
    t.match(ran.err, expected);
    t.strictSame(other.seen, []);
  }
});

t.test('a port that does not speak TLS', async (t) => {
  const server = createServer((socket) => socket.on('error', () => undefined).end('HTTP/1.1 400 Bad Request\r\n\r\n'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const ran = await runCli(status, { env: contextEnv(url, pki, 'plain.yml') });
  server.close();
  t.equal(ran.err, complaint(failure('coordinator_answer_invalid', { url, problem: 'it does not speak TLS' })));
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
    t.strictSame([ran.code, ran.err, ran.out], [1, complaint(wire), '']);
    const json = await runCli([...status, '--output', 'json'], { env });
    t.strictSame([json.code, JSON.parse(json.out), json.err], [1, wire, '']);
  }
});

t.test('what is no answer of a coordinator', async (t) => {
  const { url } = stub;
  const invalid = (code: number) => {
    const problem = `its answer has status ${code} and is not what the API sends`;
    return failure('coordinator_answer_invalid', { url, problem });
  };
  const request = 'GET /v1/clusters/x-k3s/status';
  const silent = { url, request, reason: 'the connection was closed', list: 'picket cluster list' };
  for (const [answer, error] of [
    [{ text: '<html>' }, invalid(200)],
    [{ status: 502, text: 'Bad Gateway' }, invalid(502)],
    [{ status: 302, text: '' }, invalid(302)],
    [{ text: '"a string"' }, invalid(200)],
    [{ hangUp: true }, failure('coordinator_silent', silent)],
  ] as const) {
    next = [answer];
    const ran = await runCli(status, { env });
    t.equal(ran.code, 1);
    t.equal(ran.err, complaint(error));
  }
});

t.test('a request without an answer names the command that lists what it may have changed', async (t) => {
  for (const [path, list] of [
    ['/v1/clusters', 'picket cluster list'],
    ['/v1/releases/abc', 'picket release list'],
    ['/v1/release-fetches/abc', 'picket release list'],
    ['/v1/nodes/abc/evict', 'picket node list'],
    ['/v1/tokens', 'picket token list'],
    ['/v1/operators/eve', 'picket operator list'],
    ['/v1/notifications', 'picket notify list'],
  ] as const) {
    const attempt = { server: stub.url, request: `POST ${path}`, deadlineMs: 1000, maxAnswerBytes: 1000 };
    const late = new DOMException('late', 'TimeoutError');
    t.match(connectionProblem(late, attempt), { code: 'coordinator_silent', facts: { list } }, path);
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
    details: { url: stub.url, request: 'GET /v1/clusters', reason: /^no answer within 0 s$/ },
  });
  next = [{ text: JSON.stringify({ much: 'x'.repeat(2000) }) }];
  await t.rejects(request(), {
    code: 'coordinator_answer_invalid',
    details: { url: stub.url, problem: /^its answer is larger than 1000 bytes$/ },
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
  const silent = {
    url: stub.url,
    request: 'GET /v1/clusters/x-k3s/status',
    reason: 'the connection was closed',
    list: 'picket cluster list',
  };
  t.equal(ran.err, `picket: ${failure('coordinator_silent', silent).message} Trying again.\n`);
  t.strictSame(JSON.parse(ran.out), clusterStatus());

  next = [{ status: 404, body: failure('not_found', { what: 'cluster', name: 'x-k3s' }).toWire() }];
  t.equal((await runCli([...status, '--watch'], { env })).code, 1);
});

t.test('the causes of a failure in plain words', async (t) => {
  const attempt = { server: 'https://pi:7443', request: 'GET /v1/nodes', deadlineMs: 30_000, maxAnswerBytes: 10 };
  const causes = [
    [
      'EHOSTUNREACH',
      'coordinator_unreachable',
      { reason: 'no route leads there; is the network up, and is it the right one?' },
    ],
    [
      'UND_ERR_CONNECT_TIMEOUT',
      'coordinator_unreachable',
      { reason: 'nothing answers at that address; is it switched on, and does a firewall block it?' },
    ],
    ['ENOSYS', 'coordinator_unreachable', { reason: 'the connection failed (ENOSYS)' }],
    [
      'CERT_NOT_YET_VALID',
      'coordinator_untrusted',
      { problem: "its certificate is not valid yet; is this machine's clock right?" },
    ],
  ] as const;
  for (const [cause, code, facts] of causes) {
    const error = connectionProblem(Object.assign(new Error('x'), { code: cause }), attempt);
    t.strictSame([error?.code, error?.facts], [code, { url: attempt.server, ...facts }]);
  }
  const several = new AggregateError([Object.assign(new Error('x'), { code: 'ECONNREFUSED' })]);
  t.match(connectionProblem(several, attempt)?.facts, { reason: /nothing listens there/ });
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
  const { message } = failure('cli_failed', { problem: 'TypeError: bad pkt1.abcdefgh.…' });
  t.match(ran.err, `picket: ${message.slice(0, -1)}`);
  t.notMatch(ran.err, 'SSSS');
  t.notOk(ran.err.includes('BEGIN PRIVATE'));
  t.ok(new PicketError('cli_failed', { problem: 'x' }).hint);
});
