import { once } from 'node:events';
import { type AddressInfo, type BlockList, connect, createServer, type Socket } from 'node:net';
import t, { type Test } from 'tap';
import { until } from '../../../../test/support/until.ts';
import { configDefaults } from '../../src/config/config.ts';
import type { ConnectionLimits } from '../../src/connections/connection-book.ts';
import { guardConnections } from '../../src/connections/guard-connections.ts';
import type { KnownAddressLimits } from '../../src/connections/known-addresses.ts';
import { openQuotas, type QuotaLimits } from '../../src/quotas/quotas.ts';

/** A server of plain TCP behind the guard; the test sets its clock. */
async function guarded(t: Test, changes: Partial<ConnectionLimits & KnownAddressLimits & QuotaLimits>) {
  const accepted: Socket[] = [];
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    accepted.push(socket);
  });
  const limits = { ...configDefaults.limits, ...changes };
  const clock = { now: 0 };
  const guard = guardConnections(server, { limits, quotas: openQuotas(limits), monotonic: () => clock.now });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const opened: Socket[] = [];
  t.teardown(() => {
    guard.stop();
    for (const socket of [...opened, ...accepted]) socket.destroy();
    server.close();
  });
  return {
    guard,
    server: server as object,
    clock,
    accepted,
    /** Resolves once the server has accepted the connection from this address, or refused it. */
    async open(localAddress = '127.0.0.1'): Promise<'taken' | 'refused'> {
      const socket = connect({ port, host: '127.0.0.1', localAddress }).resume();
      socket.on('error', () => undefined);
      opened.push(socket);
      const before = accepted.length;
      await until('it is accepted or refused', async () => accepted.length > before || socket.destroyed, {
        within: 5000,
        every: 5,
      });
      return accepted.length > before ? 'taken' : 'refused';
    },
  };
}

t.test('R18: a stranger is disconnected after its time, and a known client is not', async (t) => {
  const { guard, clock, accepted, open } = await guarded(t, { strangerSeconds: 60 });
  await open();
  await open();
  const [stranger, agent] = accepted as [Socket, Socket];
  guard.recognise(agent, 'node 1');
  clock.now = 60_000;
  await until('the stranger is disconnected', async () => stranger.destroyed, { within: 5000, every: 20 });
  t.equal(agent.destroyed, false);
});

t.test('R18: new connections of one address are limited', async (t) => {
  const { open } = await guarded(t, { newConnectionsPerAddressPerTenSeconds: 2 });
  t.same([await open(), await open(), await open()], ['taken', 'taken', 'refused']);
});

t.test('R18: for a moment, no socket is made of the connections of an address that was refused', async (t) => {
  const { server, open } = await guarded(t, { newConnectionsPerAddressPerTenSeconds: 1 });
  const { blockList } = server as { readonly blockList?: BlockList };
  const isClosedAtOnce = () => blockList?.check('127.0.0.1');
  await open();
  t.equal(isClosedAtOnce(), false);
  t.equal(await open(), 'refused');
  t.equal(isClosedAtOnce(), true);
  await until('it may try again', () => isClosedAtOnce() === false, { within: 5000, every: 20 });
});

t.test('R18: new connections of all addresses are limited', async (t) => {
  const { open } = await guarded(t, { newConnectionsPerTenSeconds: 2 });
  t.same([await open(), await open(), await open()], ['taken', 'taken', 'refused']);
});

t.test('R18: one address does not use up the new connections of all', async (t) => {
  const { open } = await guarded(t, { newConnectionsPerTenSeconds: 3, newConnectionsPerAddressPerTenSeconds: 2 });
  const flood: string[] = [];
  for (let count = 0; count < 8; count += 1) flood.push(await open('127.0.0.2'));
  t.same(flood, ['taken', 'taken', ...Array(6).fill('refused')]);
  t.equal(await open('127.0.0.3'), 'taken');
});

t.test('R18: once all have used up the new connections, no more addresses are counted', async (t) => {
  const limits = { newConnectionsPerTenSeconds: 1, newConnectionsPerAddressPerTenSeconds: 2 };
  const { guard, accepted, open } = await guarded(t, limits);
  await open('127.0.0.2');
  for (let count = 0; count < 4; count += 1) t.equal(await open('127.0.0.3'), 'refused');
  guard.recognise(accepted[0] as Socket, 'node 1');
  t.equal(await open('127.0.0.3'), 'taken', 'none of its own was counted meanwhile');
});

t.test('R18: the connections of known clients behind one address do not count as new', async (t) => {
  const limits = { newConnectionsPerAddressPerTenSeconds: 2, newConnectionsPerClientPerTenSeconds: 1 };
  const { guard, accepted, open } = await guarded(t, limits);
  const results = [await open(), await open()];
  for (const [index, socket] of accepted.entries()) guard.recognise(socket, `node ${index}`);
  for (let count = 0; count < 5; count += 1) results.push(await open());
  // Two as strangers, one more for each known client, and two strangers beside them.
  t.same(results, [...Array(6).fill('taken'), 'refused']);
});

t.test('R18: strangers do not use up the new connections of an address of a known client', async (t) => {
  const { guard, accepted, open } = await guarded(t, { newConnectionsPerTenSeconds: 2 });
  await open('127.0.0.2');
  guard.recognise(accepted[0] as Socket, 'node 1');
  const flood = [await open('127.0.0.3'), await open('127.0.0.4'), await open('127.0.0.5')];
  t.same(flood, ['taken', 'taken', 'refused']);
  t.equal(await open('127.0.0.2'), 'taken');
  guard.disconnect('node 1');
  t.equal(await open('127.0.0.2'), 'refused', 'the address of a client that is shut out is any address');
});

t.test('R18: a connection without a place is closed before it reaches the server', async (t) => {
  const { guard, accepted, open } = await guarded(t, { connections: 1 });
  await open();
  guard.recognise(accepted[0] as Socket, 'node 1');
  t.equal(await open(), 'refused');
});

t.test('a stopped guard disconnects strangers, and known clients finish their requests', async (t) => {
  const { guard, accepted, open } = await guarded(t, {});
  await open();
  await open();
  const [stranger, agent] = accepted as [Socket, Socket];
  guard.recognise(agent, 'node 1');
  guard.stop();
  t.same([stranger.destroyed, agent.destroyed], [true, false]);
});
