import { once } from 'node:events';
import { createCsr } from '@picket/shared/pki/csr.ts';
import { generateKey } from '@picket/shared/pki/keys.ts';
import { parseJoinString } from '@picket/shared/protocol/join-string.ts';
import t, { type Test } from 'tap';
import { until } from '../../../../test/support/until.ts';
import { configDefaults } from '../../src/config/config.ts';
import type { Answer } from '../support/client.ts';
import { type TestCoordinator, testCoordinator } from '../support/coordinator.ts';
import { askRecovery, askRenewal, eventKinds } from '../support/identities.ts';
import { createCluster, createToken, joinNode, joinRequest, type TestNode } from '../support/nodes.ts';
import { rawConnection } from '../support/raw-connection.ts';
import { wireRefusal } from '../support/said.ts';

type Limits = (typeof configDefaults)['limits'];

async function coordinatorWith(t: Test, limits: Partial<Limits>): Promise<TestCoordinator> {
  const coordinator = await testCoordinator(t, Date.now(), { limits: { ...configDefaults.limits, ...limits } });
  await createCluster(coordinator);
  // What is refused is answered at once.
  coordinator.timeout = () => AbortSignal.abort();
  return coordinator;
}

/** The statuses of this many answers, one after another. */
async function statusesOf(count: number, ask: () => Promise<Answer>): Promise<number[]> {
  const statuses: number[] = [];
  for (let asked = 0; asked < count; asked += 1) statuses.push((await ask()).status);
  return statuses;
}

const csrOf = async () => createCsr({ key: await generateKey('p256'), commonName: 'a node' });

t.test('R18: a node that asks too often gets the time to wait', async (t) => {
  const coordinator = await coordinatorWith(t, { pollsPerMinute: 1 });
  const { client } = await joinNode(coordinator, 1);
  await client.get('/v1/node/desired-state');
  const answer = await client.get('/v1/node/desired-state');
  t.equal(answer.status, 429);
  t.match(answer.headers['retry-after'], /^\d+$/);
  t.match(
    answer.json(),
    wireRefusal('too_many_requests', { what: 'requests for the desired state', most: 1, seconds: 60 }),
  );
});

const bounded: readonly (readonly [what: string, limits: Partial<Limits>, ask: (node: TestNode) => Promise<Answer>])[] =
  [
    ['polls', { pollsPerMinute: 2 }, ({ client }) => client.get('/v1/node/desired-state')],
    ['reports', { reportsPerMinute: 2 }, (node) => node.report()],
    ['other requests', { nodeRequestsPerMinute: 2 }, ({ client }) => client.get('/v1/node/member')],
    // The body of a report has 1 KiB.
    ['bodies', { nodeKibPerMinute: 2 }, (node) => node.report()],
    [
      'certificates',
      // The first is that of its identity.
      { certificatesPerDay: 3 },
      async ({ client }) => client.post('/v1/node/certificates', { purpose: 'server', csr: await csrOf() }),
    ],
    [
      'renewals of its identity',
      { certificatesPerDay: 3 },
      async (node) => askRenewal(node, await generateKey('p256')),
    ],
  ];

for (const [what, limits, ask] of bounded) {
  t.test(`R18: a node’s ${what} are limited, and no other node’s with them`, async (t) => {
    const coordinator = await coordinatorWith(t, limits);
    const [greedy, other] = [await joinNode(coordinator, 1), await joinNode(coordinator, 2)];
    t.same(await statusesOf(3, () => ask(greedy)), [200, 200, 429]);
    t.equal((await ask(other)).status, 200);
    t.equal((await coordinator.admin.get('/v1/nodes')).status, 200, 'nor an operator’s');
  });
}

t.test('R18: a node’s holds are limited, and no other node’s with them', async (t) => {
  const coordinator = await coordinatorWith(t, { holdsPerDay: 2 });
  const [greedy, other] = [await joinNode(coordinator, 1), await joinNode(coordinator, 2)];
  const release = ({ client }: TestNode) => client.post('/v1/node/release', {});
  t.same(await statusesOf(3, () => release(greedy)), [409, 409, 429]);
  t.same(await statusesOf(1, () => release(other)), [409]);
});

t.test('R18: a refusal because of a clock that went back costs a node no certificate', async (t) => {
  const coordinator = await coordinatorWith(t, { certificatesPerDay: 2 });
  const { client } = await joinNode(coordinator, 1);
  const ask = async () => client.post('/v1/node/certificates', { purpose: 'server', csr: await csrOf() });
  coordinator.clock.now -= 2_000;
  for (const answer of [await ask(), await ask()]) t.match(answer.json(), wireRefusal('clock_behind'));
  coordinator.clock.now += 4_000;
  t.equal((await ask()).status, 200);
});

t.test('R18: repeated joins give a node no more certificates than the limit', async (t) => {
  const coordinator = await coordinatorWith(t, { certificatesPerDay: 2 });
  const key = await generateKey('p256');
  const { joinString } = await createToken(coordinator);
  const join = () => coordinator.stranger.post('/v1/join', joinRequest(joinString, key, 1));
  t.same(await statusesOf(4, join), [200, 200, 429, 429]);
  t.same(
    (await eventKinds(coordinator)).filter((kind) => kind.startsWith('node-')),
    ['node-rejoined', 'node-joined'],
  );
});

t.test('R18: guesses at a token are limited by address, and leave no event', async (t) => {
  const coordinator = await coordinatorWith(t, { joinsPerMinute: 2 });
  const { joinString } = await createToken(coordinator);
  const { pin, tokenId } = parseJoinString(joinString);
  const before = await eventKinds(coordinator);
  const wrong = `pkt1.${tokenId}.${'A'.repeat(32)}.${pin}`;
  const key = await generateKey('p256');
  const guess = () => coordinator.stranger.post('/v1/join', joinRequest(wrong, key, 1));
  t.same(await statusesOf(3, guess), [401, 401, 429]);
  t.same(await eventKinds(coordinator), before);
});

t.test('R18: recoveries are limited by address', async (t) => {
  const coordinator = await coordinatorWith(t, { recoveriesPerMinute: 2 });
  const node = await joinNode(coordinator, 1);
  t.same(await statusesOf(3, () => askRecovery(node.client, node.key)), [200, 200, 429]);
});

t.test('R18: requests without a certificate are limited by address, whatever their route', async (t) => {
  const coordinator = await coordinatorWith(t, { strangerRequestsPerMinute: 3 });
  const { stranger } = coordinator;
  const statuses = [
    (await stranger.get('/v1/trust-bundle')).status,
    (await stranger.get('/v1/nodes')).status,
    (await stranger.get('/v1/nothing')).status,
    (await stranger.get('/v1/nodes')).status,
  ];
  t.same(statuses, [200, 401, 404, 429]);
});

t.test(
  'R18: what the audit log records of one operator is limited, so that nobody pushes out the others',
  async (t) => {
    const coordinator = await coordinatorWith(t, { auditedRequestsPerDay: 3 });
    await createCluster(coordinator, { name: 'other' });
    const operator = await coordinator.operator('operator');
    const ask = () => operator.post('/v1/tokens', { cluster: 'other' });
    t.same(await statusesOf(5, ask), [201, 201, 201, 429, 429]);
    t.equal((await operator.get('/v1/nodes')).status, 200, 'reading goes on');
    t.equal((await coordinator.admin.post('/v1/tokens', { cluster: 'other' })).status, 201, 'and other operators');
  },
);

t.test('an order that the audit log has already can be repeated without end', async (t) => {
  const coordinator = await coordinatorWith(t, { auditedRequestsPerDay: 1 });
  const operator = await coordinator.operator('operator');
  const ask = () => operator.post('/v1/tokens', { cluster: 'x-k3s' }, { headers: { 'idempotency-key': 'one' } });
  t.same(await statusesOf(4, ask), [201, 201, 201, 201]);
  t.equal((await operator.post('/v1/tokens', { cluster: 'x-k3s' })).status, 429, 'another one cannot');
});

t.test('R18: an operator’s requests are limited', async (t) => {
  const coordinator = await coordinatorWith(t, { operatorRequestsPerMinute: 4 });
  const viewer = await coordinator.operator('viewer');
  t.same(await statusesOf(5, () => viewer.get('/v1/clusters/x-k3s/status')), [200, 200, 200, 200, 429]);
});

t.test('R18: an operator’s requests for lists are limited, and nothing else with them', async (t) => {
  const coordinator = await coordinatorWith(t, { operatorPagesPerMinute: 2 });
  const viewer = await coordinator.operator('viewer');
  t.same(await statusesOf(3, () => viewer.get('/v1/events')), [200, 200, 429]);
  t.equal((await viewer.get('/v1/clusters/x-k3s/status')).status, 200);
});

for (const [what, limits, path] of [
  ['a node', { pollsPerMinute: 1 }, '/v1/node/desired-state'],
  ['an operator', { operatorPagesPerMinute: 1 }, '/v1/events'],
] as const) {
  t.test(`R18: ${what} beyond its limit is answered late, and others are served meanwhile`, async (t) => {
    const coordinator = await coordinatorWith(t, limits);
    const client = what === 'a node' ? (await joinNode(coordinator, 1)).client : await coordinator.operator('viewer');
    const late = new AbortController();
    let waiting = 0;
    coordinator.timeout = () => {
      waiting += 1;
      return late.signal;
    };
    await client.get(path);
    const answers: number[] = [];
    const asked = client.get(path).then(({ status }) => answers.push(status));
    await until('the request waits', () => waiting === 1, { within: 10_000 });
    t.equal((await coordinator.admin.get('/v1/nodes')).status, 200);
    t.same(answers, []);
    late.abort();
    await asked;
    t.same(answers, [429]);
  });
}

t.test('R18: a client has so many requests worked on at the same time, and its further ones wait', async (t) => {
  const coordinator = await coordinatorWith(t, { requestsAtOncePerClient: 1 });
  const credentials = await coordinator.credentials('operator');
  const [stalled, other] = [
    await rawConnection(coordinator, { cert: credentials.certificate, key: credentials.key }),
    coordinator.client(credentials),
  ];
  stalled.write(
    'POST /v1/tokens HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\nexpect: 100-continue\r\ncontent-length: 2\r\n\r\n',
  );
  t.match(String((await once(stalled, 'data'))[0]), /^HTTP\/1.1 100 /);
  const answers: number[] = [];
  const asked = other.get('/v1/nodes').then(({ status }) => answers.push(status));
  for (let count = 0; count < 20; count += 1) {
    t.equal((await coordinator.admin.get('/v1/nodes')).status, 200, 'another client does not wait');
  }
  t.same(answers, []);
  stalled.destroy();
  await asked;
  t.same(answers, [200], 'once the first has gone');
});

t.test('R18: a client that goes while its request is worked on gives its turn back at once', async (t) => {
  const coordinator = await coordinatorWith(t, { requestsAtOncePerClient: 1 });
  const credentials = await coordinator.credentials('operator');
  const gone = await rawConnection(coordinator, { cert: credentials.certificate, key: credentials.key });
  const other = coordinator.client(credentials);
  const { app, inventory } = coordinator.running;
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const writing = inventory.transaction(() => held);
  const begun = once(app.server, 'request');
  gone.write('GET /v1/events HTTP/1.1\r\nhost: x\r\n\r\n');
  await begun;
  const answers: number[] = [];
  // It needs no transaction.
  const asked = other.get('/v1/releases').then(({ status }) => answers.push(status));
  gone.destroy();
  await until('the other request of the same client is answered', () => answers.length === 1, { within: 10_000 });
  release();
  await Promise.all([writing, asked]);
  t.same(answers, [200]);
});

t.test('R18: a turn of the event loop begins no further request of a client after one that takes long', async (t) => {
  const coordinator = await coordinatorWith(t, {});
  const { certificate, key } = await coordinator.credentials('viewer');
  const sockets = await Promise.all([1, 2, 3, 4].map(() => rawConnection(coordinator, { cert: certificate, key })));
  const { events } = coordinator.running.inventory;
  const { list } = events;
  let turns = 0;
  const begun: number[] = [];
  Object.assign(events, {
    list: (...query: Parameters<typeof list>) => {
      begun.push(turns);
      coordinator.clock.now += 5;
      return list(...query);
    },
  });
  const count = () => {
    turns += 1;
    ticking = setImmediate(count);
  };
  let ticking = setImmediate(count);
  t.teardown(() => clearImmediate(ticking));
  for (const socket of sockets) socket.write('GET /v1/events HTTP/1.1\r\nhost: x\r\n\r\n');
  await Promise.all(sockets.map((socket) => once(socket, 'data')));
  t.equal(new Set(begun).size, 4);
  for (const socket of sockets) socket.destroy();
});
