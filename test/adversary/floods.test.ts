import { createCsr } from '@picket/shared/pki/csr.ts';
import { generateKey } from '@picket/shared/pki/keys.ts';
import t from 'tap';
import { until } from '../support/until.ts';
import {
  askOnce,
  certificateRequest,
  deafReaders,
  type Held,
  idleConnections,
  pipelined,
  requestText,
  silentConnections,
  unfinishedBodies,
} from './attackers.ts';
import { harmTo, knownConnections, sceneOf } from './scene.ts';

t.setTimeout(240_000);

/** Small, so that small floods reach them; the product's own are attacked in test/long. */
const limits = {
  strangers: 24,
  strangersPerAddress: 12,
  connectionsPerClient: 8,
  strangerSeconds: 5,
  newConnectionsPerAddressPerTenSeconds: 1000,
  strangerRequestsPerMinute: 40,
  joinsPerMinute: 20,
  pollsPerMinute: 60,
  reportsPerMinute: 600,
  certificatesPerDay: 10,
};
const scene = await sceneOf(t, { limits });
const { fleet, victim, traitor } = scene;
const addresses = ['127.0.0.1', '127.0.0.2', '127.0.0.3', '127.0.0.4'];

const floods: readonly (readonly [what: string, limit: number, open: () => Promise<Held>])[] = [
  ['silent connections of one address', 12, () => silentConnections(victim, { count: 100 })],
  ['silent connections of several addresses', 24, () => silentConnections(victim, { count: 200, from: addresses })],
  ['idle TLS connections', 24, () => idleConnections(victim, { count: 200, from: addresses })],
  [
    'unfinished bodies to join',
    24,
    () => unfinishedBodies(victim, '/v1/join', { count: 100, from: addresses, bytes: 32_768 }),
  ],
  ['answers that nobody reads', 24, () => deafReaders(victim, '/openapi.json', { count: 60, from: addresses })],
];

for (const [what, limit, open] of floods) {
  t.test(`R18: ${what} are bounded, and cut off in time`, async (t) => {
    let most = 0;
    let newcomer = '';
    const aftermath = await scene.during(async () => {
      const held = await open();
      most = await scene.connections();
      newcomer = await askOnce(victim, requestText('GET', '/v1/node/desired-state'), traitor);
      await until('all of them are cut off', async () => (await scene.connections()) <= knownConnections, {
        within: 30_000,
      });
      held.release();
    });
    t.ok(most <= limit + knownConnections, `${most} connections`);
    t.match(newcomer, /^HTTP\/1\.1 200 /, 'a node that connects meanwhile is let in');
    t.same(harmTo(aftermath), [], 'agent and operator are served, within the packaged memory');
  });
}

t.test('R18: a node’s connections are bounded, and it keeps those that it uses', async (t) => {
  const aftermath = await scene.during(async () => {
    const request = requestText('GET', '/v1/node/desired-state', undefined, { close: false });
    const flood = Array.from({ length: 30 }, () => pipelined(victim, traitor, request, { count: 2 }));
    await Promise.all(flood);
  });
  t.same(harmTo(aftermath), []);
});

t.test('R18: a node gets no more certificates in a day than the limit', async (t) => {
  const request = await certificateRequest();
  let statuses: readonly number[] = [];
  const aftermath = await scene.during(async () => {
    statuses = await pipelined(victim, traitor, request, { count: 100 });
  });
  const issued = statuses.filter((status) => status === 200).length;
  t.ok(issued > 0 && issued < limits.certificatesPerDay, `${issued}, beside that of its identity`);
  t.ok(statuses.includes(429));
  t.same(harmTo(aftermath), []);
});

t.test('R18: polls that one node sends without waiting are refused beyond the limit', async (t) => {
  const request = requestText('GET', '/v1/node/desired-state?wait=0', undefined, { close: false });
  let statuses: readonly number[] = [];
  const aftermath = await scene.during(async () => {
    statuses = await pipelined(victim, traitor, request, { count: 500, enough: 429 });
  });
  // The minute may end meanwhile.
  t.ok(statuses.filter((status) => status === 200).length <= 2 * limits.pollsPerMinute);
  t.equal(statuses.at(-1), 429);
  t.same(harmTo(aftermath), []);
});

t.test('R18: guesses at join tokens are refused beyond the limit, and leave no rows', async (t) => {
  const csr = createCsr({ key: await generateKey('p256'), commonName: 'a node' });
  const node = { name: 'x-k3s-c-9', addresses: ['127.0.0.1'], agentVersion: '0.1.0', os: 'none', arch: 'none' };
  const guess = { tokenId: 'abcdefghij', secret: 'A'.repeat(32), csr, node };
  // Refusals in bulk are one event in an hour, whenever the coordinator counts them.
  const others = async () =>
    (await fleet.ask((api) => api.list('events', {}))).items.filter(({ kind }) => kind !== 'requests-refused').length;
  const before = await others();
  const answers: string[] = [];
  const aftermath = await scene.during(async () => {
    for (let count = 0; count < 60; count += 1) {
      answers.push(await askOnce(victim, requestText('POST', '/v1/join/client', guess)));
    }
  });
  t.ok(answers.filter((answer) => answer.includes('token_unknown')).length <= limits.joinsPerMinute);
  t.match(answers.at(-1), /^HTTP\/1\.1 429 [\s\S]*retry-after: \d+/i);
  t.equal(await others(), before);
  t.same(harmTo(aftermath), []);
});
