import { once } from 'node:events';
import { connect as connectPlain, type Socket } from 'node:net';
import { generateKey } from '@picket/shared/pki/keys.ts';
import t, { type Test } from 'tap';
import { configDefaults } from '../../src/config/config.ts';
import { type TestCoordinator, testCoordinator } from '../support/coordinator.ts';
import { createCluster, createToken, joinNode, joinRequest } from '../support/nodes.ts';
import { nodeCredentials, polled, rawConnection, untilEnd } from '../support/raw-connection.ts';

type Limits = (typeof configDefaults)['limits'];

const coordinatorWith = (t: Test, limits: Partial<Limits>): Promise<TestCoordinator> =>
  testCoordinator(t, Date.now(), { limits: { ...configDefaults.limits, ...limits } });

t.test('R18: a stranger’s connection ends with its first answer', async (t) => {
  const { stranger } = await testCoordinator(t);
  const answers = [await stranger.get('/v1/trust-bundle'), await stranger.get('/v1/nodes'), await stranger.get('/x')];
  t.same(
    answers.map(({ status, headers }) => [status, headers.connection]),
    [
      [200, 'close'],
      [401, 'close'],
      [404, 'close'],
    ],
  );
});

t.test('R18: an agent keeps its connection', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  const node = await joinNode(coordinator, 1);
  t.not((await node.client.get('/v1/node/desired-state')).headers.connection, 'close');
});

for (const [path, limit] of [
  ['/v1/join', 32_768],
  ['/v1/join/client', 32_768],
  ['/v1/recover', 32_768],
] as const) {
  t.test(`R18: a body for ${path} is refused beyond ${limit} bytes`, async (t) => {
    const coordinator = await testCoordinator(t);
    const socket = await rawConnection(coordinator);
    const answer = untilEnd(socket);
    socket.write(`POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n`);
    socket.write(`content-length: ${limit + 1}\r\n\r\n${'x'.repeat(limit + 1)}`);
    t.match(await answer, /^HTTP\/1.1 413 /);
  });
}

t.test('R18: no body is read for an unknown route', async (t) => {
  const coordinator = await testCoordinator(t);
  const socket = await rawConnection(coordinator);
  const answer = untilEnd(socket);
  socket.write(
    'POST /v1/nothing HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 999999\r\n\r\n',
  );
  t.match(await answer, /^HTTP\/1.1 404 /);
});

t.test('R18: the largest request to join fits', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  const { joinString } = await createToken(coordinator);
  const addresses = Array.from(
    { length: 255 },
    (_, n) => `2001:db8:aaaa:bbbb:cccc:dddd:eeee:${(0x1000 + n).toString(16)}`,
  );
  const key = await generateKey('rsa2048');
  const request = joinRequest(joinString, key, 1, { addresses: ['192.168.7.11', ...addresses] });
  t.equal((await coordinator.stranger.post('/v1/join', request)).status, 200);
});

t.test('R18: silent connections are closed for newcomers, and an agent’s is not', async (t) => {
  const coordinator = await coordinatorWith(t, { strangers: 4 });
  await createCluster(coordinator);
  const agent = await rawConnection(coordinator, await nodeCredentials(coordinator));
  t.match(await polled(agent), /^HTTP\/1.1 200 /);
  const silent = Array.from({ length: 12 }, () => plain(coordinator));
  await Promise.all(silent.slice(0, 8).map((socket) => once(socket, 'close')));
  t.equal((await coordinator.stranger.get('/v1/trust-bundle')).status, 200, 'another stranger gets an answer');
  t.match(await polled(agent), /^HTTP\/1.1 200 /, 'the agent keeps its connection');
  for (const socket of [agent, ...silent]) socket.destroy();
});

t.test('R18: of the connections of one node, the oldest is closed', async (t) => {
  const coordinator = await coordinatorWith(t, { connectionsPerClient: 2 });
  await createCluster(coordinator);
  const credentials = await nodeCredentials(coordinator);
  const [first, second, third] = [
    await rawConnection(coordinator, credentials),
    await rawConnection(coordinator, credentials),
    await rawConnection(coordinator, credentials),
  ];
  await polled(first);
  await polled(second);
  const closed = once(first, 'close');
  await polled(third);
  await closed;
  t.match(await polled(second), /^HTTP\/1.1 200 /, 'the others stay');
  for (const socket of [second, third]) socket.destroy();
});

/** A connection that never begins its handshake. */
function plain({ port }: TestCoordinator): Socket {
  const socket = connectPlain(port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.resume();
  return socket;
}
