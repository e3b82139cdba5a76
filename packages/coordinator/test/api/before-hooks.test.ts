import { once } from 'node:events';
import { createServer, METHODS } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import t, { type Test } from 'tap';
import { beforeHooks } from '../../src/api/before-hooks.ts';
import { configDefaults } from '../../src/config/config.ts';
import { openQuotas } from '../../src/quotas/quotas.ts';
import { type TestCoordinator, testCoordinator } from '../support/coordinator.ts';
import { createCluster } from '../support/nodes.ts';
import { nodeCredentials, polled, rawConnection, untilEnd } from '../support/raw-connection.ts';

type Limits = (typeof configDefaults)['limits'];

const coordinatorWith = (t: Test, limits: Partial<Limits>): Promise<TestCoordinator> =>
  testCoordinator(t, Date.now(), { limits: { ...configDefaults.limits, ...limits } });

const last = 'GET /v1/trust-bundle HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n';

/** Everything that comes for these bytes, and for a further request where the connection stays open. */
async function answered(coordinator: TestCoordinator, bytes: string): Promise<string> {
  const socket = await rawConnection(coordinator);
  socket.once('data', () => socket.write(last));
  socket.write(bytes);
  return untilEnd(socket);
}

function answersIn(text: string): number {
  return text.match(/HTTP\/1\.1 \d{3} /g)?.length ?? 0;
}

/** What Node.js or Fastify would answer before any hook of ours runs. */
const early: readonly (readonly [what: string, bytes: string, answer: RegExp])[] = [
  [
    'with an unknown expectation',
    'GET /v1/trust-bundle HTTP/1.1\r\nhost: x\r\nexpect: more\r\n\r\n',
    /^HTTP\/1.1 200 /,
  ],
  ['without a host', 'GET /v1/trust-bundle HTTP/1.1\r\n\r\n', /^HTTP\/1.1 400 .*"invalid_request".*Host/s],
  ['for a path that cannot be decoded', 'GET /%zz HTTP/1.1\r\nhost: x\r\n\r\n', /^HTTP\/1.1 400 .*"invalid_request"/s],
  [
    'for a name that is too long',
    `GET /v1/clusters/${'x'.repeat(500)} HTTP/1.1\r\nhost: x\r\n\r\n`,
    /^HTTP\/1.1 4\d\d .*"code"/s,
  ],
  ['that is not HTTP', 'what?\r\n\r\n', /^HTTP\/1.1 400 .*"invalid_request"/s],
  [
    'with too long headers',
    `GET / HTTP/1.1\r\nhost: x\r\nx: ${'x'.repeat(20_000)}\r\n\r\n`,
    /^HTTP\/1.1 431 .*"invalid_request".*headers/s,
  ],
  [
    'with too long extensions of chunks',
    `POST /v1/join HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n1;${'x'.repeat(20_000)}\r\n`,
    /^HTTP\/1.1 413 .*"invalid_request"/s,
  ],
  [
    'to switch protocols',
    'GET /v1/trust-bundle HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n',
    /^HTTP\/1.1 200 /,
  ],
];

for (const [what, bytes, answer] of early) {
  t.test(`R18: a request ${what} ends its connection and counts as a stranger’s`, async (t) => {
    const coordinator = await coordinatorWith(t, { strangerRequestsPerMinute: 1 });
    const first = await answered(coordinator, bytes);
    t.match(first, answer);
    t.equal(answersIn(first), 1, 'the connection has ended');
    t.match(first, /^connection: close\r$/im);
    t.match(await answered(coordinator, bytes), /^HTTP\/1.1 429 .*"too_many_requests"/s);
  });
}

t.test('R18: no answer to a stranger, whatever its method, leaves the connection open', async (t) => {
  const coordinator = await testCoordinator(t);
  for (const method of METHODS) {
    const text = await answered(coordinator, `${method} / HTTP/1.1\r\nhost: x\r\n\r\n`);
    t.ok(answersIn(text) <= 1, method);
  }
  t.equal((await coordinator.stranger.get('/v1/trust-bundle')).status, 200);
});

t.test('R18: a node’s request with an unknown expectation counts as each other request of it', async (t) => {
  const coordinator = await coordinatorWith(t, { pollsPerMinute: 2 });
  await createCluster(coordinator);
  const socket = await rawConnection(coordinator, await nodeCredentials(coordinator));
  const ask = 'GET /v1/node/desired-state HTTP/1.1\r\nhost: x\r\nexpect: more\r\n\r\n';
  t.match(await polled(socket), /^HTTP\/1.1 200 /);
  const answers = untilEnd(socket);
  socket.write(ask);
  socket.write(ask.replace('\r\n\r\n', '\r\nconnection: close\r\n\r\n'));
  t.match(await answers, /^HTTP\/1.1 200 .*HTTP\/1.1 429 /s);
});

t.test('R18: what a node sends that is not HTTP ends its connection', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  const socket = await rawConnection(coordinator, await nodeCredentials(coordinator));
  t.match(await polled(socket), /^HTTP\/1.1 200 /);
  const answers = untilEnd(socket);
  socket.write('what?\r\n\r\n');
  t.match(await answers, /HTTP\/1.1 400 .*connection: close/s);
});

t.test('the metrics count requests that are refused before they have a route', async (t) => {
  const coordinator = await testCoordinator(t);
  await answered(coordinator, 'what?\r\n\r\n');
  t.match((await coordinator.admin.get('/metrics')).text, /^picket_http_errors_total\{code="invalid_request"\} 1$/m);
});

t.test('R18: a request that does not arrive in time is answered, and ends its connection', async (t) => {
  const quotas = openQuotas(configDefaults.limits);
  const server = createServer({ headersTimeout: 20, requestTimeout: 20, connectionsCheckingInterval: 10 });
  server.on('clientError', beforeHooks({ quotas, answered: () => undefined }).clientErrorHandler);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  socket.write('GET / HTTP/1.1\r\n');
  t.match(await untilEnd(socket), /^HTTP\/1.1 408 .*"invalid_request".*in time/s);
});
