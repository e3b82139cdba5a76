import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import t, { type Test } from 'tap';
import { until } from '../../../../test/support/until.ts';
import { configDefaults } from '../../src/config/config.ts';
import type { ConnectionLimits } from '../../src/connections/connection-book.ts';
import { guardConnections } from '../../src/connections/guard-connections.ts';
import { openQuotas, type QuotaLimits } from '../../src/quotas/quotas.ts';

/** A server of plain TCP behind the guard; the test sets its clock. */
async function guarded(t: Test, changes: Partial<ConnectionLimits & QuotaLimits>) {
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
    clock,
    accepted,
    /** Resolves once the server has accepted the connection, or refused it. */
    async open(): Promise<'taken' | 'refused'> {
      const socket = connect(port, '127.0.0.1').resume();
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

t.test('R18: new connections of all addresses are limited', async (t) => {
  const { open } = await guarded(t, { newConnectionsPerTenSeconds: 2 });
  t.same([await open(), await open(), await open()], ['taken', 'taken', 'refused']);
});

t.test('R18: the connections of known clients behind one address do not count as new', async (t) => {
  const { guard, accepted, open } = await guarded(t, { newConnectionsPerAddressPerTenSeconds: 2 });
  const results: string[] = [];
  for (let count = 0; count < 6; count += 1) {
    results.push(await open());
    const socket = accepted.at(-1);
    if (socket !== undefined) guard.recognise(socket, `node ${count}`);
  }
  t.same(results, Array(6).fill('taken'));
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
