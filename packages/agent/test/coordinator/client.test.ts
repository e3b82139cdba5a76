import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import type { DesiredState } from '@picket/shared/protocol/desired-state.ts';
import t, { type Test } from 'tap';
import { coordinatorClient } from '../../src/coordinator/client.ts';
import type { RemoteError } from '../../src/coordinator/remote-error.ts';
import { systemClock } from '../../src/host/clock.ts';
import { httpsServer, type Respond, sendJson } from '../https-server.ts';
import { authority, credentialPem, localhost } from '../pki.ts';
import { refusal } from '../support.ts';

const ca = await authority('control');
const otherCa = await authority('control');
const server = await credentialPem(ca, { usage: 'coordinator', sans: localhost });
const node = await credentialPem(ca, { usage: 'node', sans: [{ type: 'uri', value: 'urn:picket:node:node0001' }] });
const renewed = await credentialPem(ca, {
  usage: 'node',
  sans: [
    { type: 'uri', value: 'urn:picket:node:node0001' },
    { type: 'uri', value: 'urn:renewed' },
  ],
});
const elsewhere = await credentialPem(ca, {
  usage: 'coordinator',
  sans: [
    { type: 'dns', value: 'x-k3s-m-1' },
    { type: 'ip', value: '192.168.7.11' },
  ],
});
const strangers = await credentialPem(otherCa, { usage: 'coordinator', sans: localhost });
const ended = await credentialPem(ca, { usage: 'coordinator', sans: localhost, ended: true });
const trust = ca.certificate.pem;

const document: DesiredState = {
  inventory: 'inventory1',
  generation: 3,
  seal: 's'.repeat(64),
  priorSeals: [],
  nodeId: 'node0001',
  cluster: 'k3s',
  member: { name: 'a', address: '127.0.0.11', ports: { client: 2379, peer: 2380, metrics: 2381 } },
  trust: { control: 'PEM', client: 'PEM', peer: 'PEM' },
  certificates: [],
  etcd: null,
  retired: [],
  endpoints: [],
  membershipStep: null,
  permit: null,
};
const report = { run: 1, sequence: 1, basis: null, changed: {} };
const reported = { everySeconds: 10, now: '2026-01-01T00:00:00Z', waitsFor: [] };

async function setUp(t: Test, respond: Respond, options: { serverCredential?: string; monotonic?: () => number } = {}) {
  const { serverCredential = server, monotonic = () => 0 } = options;
  const coordinator = await httpsServer(t, { credential: serverCredential, clientCa: trust, respond });
  const clock = { now: systemClock().now, monotonic };
  const client = coordinatorClient({ url: coordinator.url, trust, credential: node, clock });
  t.teardown(() => client.close());
  return { coordinator, client };
}

t.test('a changed state comes with its ETag and the moment its request was sent', async (t) => {
  let time = 1000;
  const respond: Respond = (_seen, response) => {
    time = 9000;
    sendJson(response, 200, document, { etag: '"g3"', date: told });
  };
  const told = 'Sun, 01 Mar 2026 12:00:00 GMT';
  const { client, coordinator } = await setUp(t, respond, { monotonic: () => time });
  const date = Date.parse(told);
  t.strictSame(await client.desiredState(null, 30), {
    kind: 'changed',
    document,
    etag: '"g3"',
    requestedAt: 1000,
    date,
  });
  t.equal(coordinator.seen[0]?.path, '/v1/node/desired-state?wait=30');
});

t.test('304 for the sent ETag is an unchanged state', async (t) => {
  const { client, coordinator } = await setUp(t, (_seen, response) => response.writeHead(304).end());
  t.match(await client.desiredState('"g3"', 0), { kind: 'unchanged', requestedAt: 0 });
  t.equal(coordinator.seen[0]?.headers['if-none-match'], '"g3"');
});

t.test('a poll that waits takes orders to read a log; one that cannot be read is none', async (t) => {
  const order = { id: 'order000', log: 'etcd', lines: 5, sinceSeconds: null, cursor: null };
  const { client, coordinator } = await setUp(t, (_seen, response) =>
    response.writeHead(304, { 'picket-log-order': JSON.stringify({ ...order, later: 1 }) }).end(),
  );
  t.match(await client.desiredState('"g3"', 30), { kind: 'unchanged', logOrder: order });
  t.equal(coordinator.seen[0]?.headers['picket-takes'], 'log-orders');
  coordinator.respond = (_seen, response) => response.writeHead(304, { 'picket-log-order': '{"id":' }).end();
  t.strictSame(Object.keys(await client.desiredState('"g3"', 0)).sort(), ['date', 'kind', 'requestedAt']);
  t.equal(coordinator.seen[1]?.headers['picket-takes'], undefined, '`picket-agent once` carries out no orders');
});

t.test('fields that this version does not know are accepted in an answer', async (t) => {
  const { client } = await setUp(t, (_seen, response) =>
    sendJson(response, 200, { ...document, later: 1 }, { etag: '"g3"' }),
  );
  t.match(await client.desiredState(null, 0), { kind: 'changed' });
});

t.test('a waiting poll does not delay a report', async (t) => {
  const { client } = await setUp(t, (seen, response) => {
    if (seen.path === '/v1/node/report') sendJson(response, 200, reported);
  });
  const controller = new AbortController();
  const polling = client.desiredState(null, 30, controller.signal);
  t.strictSame(await client.report(report), reported);
  controller.abort();
  await t.rejects(polling, { name: 'AbortError' });
});

t.test('after a cancelled poll, the next one is answered', async (t) => {
  const { client, coordinator } = await setUp(t, () => controller.abort());
  const controller = new AbortController();
  await t.rejects(client.desiredState(null, 30, controller.signal), { name: 'AbortError' });
  coordinator.respond = (_seen, response) => response.writeHead(304).end();
  t.match(await client.desiredState('"g3"', 30), { kind: 'unchanged' });
});

t.test('the node uses its certificate, and the renewed one after withCredential', async (t) => {
  const { client, coordinator } = await setUp(t, (_seen, response) => sendJson(response, 200, reported));
  await client.report(report);
  const next = client.withCredential(renewed);
  t.teardown(() => next.close());
  await next.report(report);
  t.strictSame(
    coordinator.seen.map(({ client: names }) => names?.includes('urn:renewed')),
    [false, true],
  );
});

t.test('calls one after another share a connection', async (t) => {
  const ports = new Set<number | undefined>();
  const { client } = await setUp(t, (_seen, response) => {
    ports.add(response.socket?.remotePort);
    sendJson(response, 200, reported);
  });
  await client.report(report);
  await client.report(report);
  t.equal(ports.size, 1);
});

t.test('a refusal is shown in the coordinator’s own words, even with an unknown code', async (t) => {
  const { client } = await setUp(t, (_seen, response) => {
    sendJson(response, 403, {
      code: 'clone_suspected',
      message: 'Two nodes share this key.',
      hint: 'Look for a copied card.',
      details: { nodeId: 'node0001' },
    });
  });
  t.strictSame(await refusal(client.report(report)), {
    code: 'clone_suspected',
    facts: { message: 'Two nodes share this key.', hint: 'Look for a copied card.', details: { nodeId: 'node0001' } },
  });
});

t.test('control characters are removed from a refusal', async (t) => {
  const { client } = await setUp(t, (_seen, response) =>
    sendJson(response, 400, { code: 'x', message: 'a\u001b[2Jb', hint: '', details: { problem: 'a\u001b[2Jb' } }),
  );
  const error = await client.report(report).catch((error: unknown) => error);
  t.match(error, { message: 'a�[2Jb', details: { problem: 'a�[2Jb' } });
});

t.test('R18: long texts of a refusal are cut', async (t) => {
  const long = 'x'.repeat(5000);
  const { client } = await setUp(t, (_seen, response) =>
    sendJson(response, 400, { code: 'x', message: long, hint: long, details: { problem: long, seconds: 3 } }),
  );
  const error = await client.report(report).catch((error: unknown) => error);
  const cut = 'x'.repeat(2000);
  t.match(error, { message: cut, hint: cut, details: { problem: cut, seconds: 3 } });
  t.ok(JSON.stringify((error as RemoteError).toWire()).length < 7000);
});

t.test(
  'R18: an answer is accepted although a sentence in it is too long, and that sentence is truncated',
  async (t) => {
    const long = 'x'.repeat(2500);
    const told = (message: string) => ({ code: 'node_says', facts: { text: 'x' }, message });
    const member = { phase: 'voter', healthy: true, rests: null, waitsFor: [told(long)] };
    const { client } = await setUp(t, (seen, response) =>
      sendJson(response, 200, seen.path === '/v1/node/member' ? member : { ...reported, waitsFor: [told(long)] }),
    );
    const waitsFor = [told(`${'x'.repeat(1999)}…`)];
    t.strictSame(await client.report(report), { ...reported, waitsFor });
    t.strictSame(await client.member(), { ...member, waitsFor });
  },
);

const garbage: readonly [name: string, respond: Respond, problem: RegExp][] = [
  [
    'a proxy’s page',
    (_seen, response) =>
      response.writeHead(502, { 'content-type': 'text/html' }).end('<html><title>502 Bad Gateway</title></html>'),
    /status 502 and the web page "502 Bad Gateway"/,
  ],
  [
    'a page with status 200',
    (_seen, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<p>hello'),
    /it answered with a web page/,
  ],
  ['no body', (_seen, response) => response.writeHead(500).end(), /status 500 and no body/],
  ['a redirect', (_seen, response) => response.writeHead(302, { location: 'https://elsewhere/' }).end(), /status 302/],
  [
    'JSON that lacks a field',
    (_seen, response) => sendJson(response, 200, { ...reported, everySeconds: undefined }),
    /its field everySeconds is missing/,
  ],
  [
    'JSON with a field of the wrong kind',
    (_seen, response) => sendJson(response, 200, { ...reported, waitsFor: 'no' }),
    /its field waitsFor has the wrong form/,
  ],
  ['JSON that is no object', (_seen, response) => sendJson(response, 200, [1]), /it is not an object/],
  [
    'too long an answer',
    (_seen, response) =>
      sendJson(response, 200, {
        ...reported,
        waitsFor: [{ code: 'node_says', facts: {}, message: 'x'.repeat(300_000) }],
      }),
    /longer than 262144 bytes/,
  ],
];
for (const [name, respond, problem] of garbage) {
  t.test(`${name} is reported as an answer that is not a coordinator’s`, async (t) => {
    const { client } = await setUp(t, respond);
    t.match(await refusal(client.report(report)), { code: 'coordinator_answer_invalid', facts: { problem } });
  });
}

t.test('R11: an answer that echoes the request is not repeated', async (t) => {
  const { client } = await setUp(t, (seen, response) =>
    response.writeHead(200, { 'content-type': 'text/plain' }).end(seen.body),
  );
  const secret = 'a-very-secret-secret-of-this-test';
  const facts = {
    name: 'a',
    addresses: [],
    agentVersion: '1',
    etcdVersion: '3.5.16',
    os: '',
    arch: '',
    layout: { etcDir: '/e', dataRoot: '/d', logFile: '/l' },
  };
  const said = JSON.stringify(await refusal(client.join({ tokenId: 'token0001', secret, csr: 'CSR', node: facts })));
  t.notMatch(said, secret);
});

t.test('a state without an ETag is refused', async (t) => {
  const { client } = await setUp(t, (_seen, response) => sendJson(response, 200, document));
  t.match(await refusal(client.desiredState(null, 0)), {
    code: 'coordinator_answer_invalid',
    facts: { problem: /no ETag/ },
  });
});

t.test('a server of another authority gets no request', async (t) => {
  const { client, coordinator } = await setUp(t, () => {}, { serverCredential: strangers });
  t.match(await refusal(client.report(report)), {
    code: 'coordinator_unreachable',
    facts: { reason: /^no trusted CA has issued its certificate/ },
  });
  t.strictSame(coordinator.seen, []);
});

t.test('a server whose certificate has other names is reported with them', async (t) => {
  const { client, coordinator } = await setUp(t, () => {}, { serverCredential: elsewhere });
  t.strictSame(await refusal(client.report(report)), {
    code: 'coordinator_name_mismatch',
    facts: { host: 'localhost', names: 'x-k3s-m-1, 192.168.7.11' },
  });
  t.strictSame(coordinator.seen, []);
});

t.test('R14: an expired server certificate is reported with this machine’s time', async (t) => {
  const { client } = await setUp(t, () => {}, { serverCredential: ended });
  t.match(await refusal(client.report(report)), {
    code: 'coordinator_unreachable',
    facts: { reason: /has expired; this machine's clock says \d{4}-\d\d-\d\dT/ },
  });
});

t.test('an address of an IP is checked against the certificate’s addresses', async (t) => {
  const { coordinator } = await setUp(t, (_seen, response) => sendJson(response, 200, reported));
  const client = coordinatorClient({
    url: `https://127.0.0.1:${coordinator.port}`,
    trust,
    credential: node,
    clock: systemClock(),
  });
  t.teardown(() => client.close());
  t.strictSame(await client.report(report), reported);
});

async function plainServer(t: Test, greeting: string): Promise<string> {
  const plain = createServer((socket) => socket.on('error', () => {}).end(greeting));
  plain.listen(0, '127.0.0.1');
  await once(plain, 'listening');
  t.teardown(() => plain.close());
  return `https://localhost:${(plain.address() as AddressInfo).port}`;
}

t.test('a port where nothing listens, plain HTTP and an unknown name have different messages', async (t) => {
  const closed = createServer();
  closed.listen(0, '127.0.0.1');
  await once(closed, 'listening');
  const { port } = closed.address() as AddressInfo;
  closed.close();
  await once(closed, 'close');
  const cases: readonly [string, RegExp][] = [
    [`https://127.0.0.1:${port}`, /nothing listens there/],
    [await plainServer(t, 'HTTP/1.1 400 Bad Request\r\n\r\n'), /does not speak TLS/],
    ['https://coordinator.invalid:7443', /its name/],
  ];
  for (const [url, why] of cases) {
    const client = coordinatorClient({ url, trust, credential: null, clock: systemClock() });
    t.match(await refusal(client.trustBundle()), { code: 'coordinator_unreachable', facts: { url, reason: why } });
    await client.close();
  }
});
