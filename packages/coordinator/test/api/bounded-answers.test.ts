import { once } from 'node:events';
import type { TLSSocket } from 'node:tls';
import { happening } from '@picket/shared/events/event.ts';
import t, { type Test } from 'tap';
import { until } from '../../../../test/support/until.ts';
import { configDefaults } from '../../src/config/config.ts';
import { testCoordinator } from '../support/coordinator.ts';
import { rawConnection, untilEnd } from '../support/raw-connection.ts';

const patience = { within: 30_000, every: 20 };
const path = '/v1/events?limit=500';
const ask = `GET ${path} HTTP/1.1\r\nhost: x\r\n\r\n`;

/** A coordinator whose 500 events make an answer of more than 512 KiB, and who may read it. */
async function withLargeAnswers(t: Test, limits: Partial<(typeof configDefaults)['limits']>) {
  const settings = { limits: { ...configDefaults.limits, ...limits } };
  const coordinator = await testCoordinator(t, Date.now(), settings);
  await coordinator.running.inventory.transaction(async ({ events }) => {
    for (let number = 1; number <= 500; number += 1) {
      const event = happening('token-revoked', { by: `operator ada${'x'.repeat(1000)}`, id: `token${number}` });
      await events.append({ at: coordinator.clock.now, cluster: null, ...event });
    }
  });
  const { certificate, key } = await coordinator.credentials('viewer');
  return { coordinator, viewer: { cert: certificate, key } };
}

t.test('R18: a viewer who does not read loses its oldest answers, and others are served', async (t) => {
  const { coordinator, viewer } = await withLargeAnswers(t, { unreadMibPerClient: 2 });
  // Else the server closes each connection whose answer is whole in the kernel, after 30 s.
  Object.assign(coordinator.running.app.server, { keepAliveTimeout: 0 });
  const deaf: TLSSocket[] = [];
  for (let count = 0; count < 12; count += 1) {
    const socket = await rawConnection(coordinator, viewer);
    // It sees that the connection closes, and leaves in the kernel what came before.
    socket.pause();
    socket.write(ask);
    deaf.push(socket);
  }
  const { server } = coordinator.running.app;
  const count = () => new Promise<number>((resolve) => server.getConnections((_, connections) => resolve(connections)));
  await until('the first of them are cut off', async () => (await count()) <= 5, patience);
  t.equal((await coordinator.admin.get(path)).json<{ items: unknown[] }>().items.length, 500);
  for (const socket of deaf) socket.destroy();
});

t.test('R18: answers to clients that have gone meanwhile count for nobody', async (t) => {
  const { coordinator, viewer } = await withLargeAnswers(t, { unreadMibPerClient: 1 });
  const { server, inventory } = { ...coordinator.running, server: coordinator.running.app.server };
  const live = await rawConnection(coordinator, viewer);
  live.write(ask.replace('host: x', 'host: x\r\nconnection: close'));
  // It holds what has come, and asks for no more.
  await once(live, 'readable');
  const gone = await rawConnection(coordinator, viewer);
  const [arrived, closed] = [once(server, 'request'), new Promise((resolve) => gone.once('close', resolve))];
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const writing = inventory.transaction(() => held);
  gone.write(ask);
  const [{ socket }] = await arrived;
  const ended = once(socket, 'close');
  gone.destroy();
  await Promise.all([closed, ended]);
  release();
  await writing;
  t.equal((await coordinator.admin.get(path)).status, 200);
  const text = await untilEnd(live);
  t.equal(
    (JSON.parse(text.slice(text.indexOf('{'), text.lastIndexOf('}') + 1)) as { items: unknown[] }).items.length,
    500,
  );
});

t.test('R18: all that clients together do not read is bounded', async (t) => {
  const { coordinator, viewer } = await withLargeAnswers(t, { unreadMib: 2 });
  const socket = await rawConnection(coordinator, viewer);
  socket.pause();
  socket.write(ask);
  const others = await Promise.all([coordinator.admin.get(path), coordinator.admin.get(path)]);
  t.same(
    others.map(({ status, text }) => [status, text.length > 512 * 1024]),
    [
      [200, true],
      [200, true],
    ],
  );
  socket.destroy();
});

t.test('R18: requests that a viewer sends without waiting are answered one after the other', async (t) => {
  const { coordinator, viewer } = await withLargeAnswers(t, {});
  const socket = await rawConnection(coordinator, viewer);
  socket.write(ask + ask + ask.replace('host: x', 'host: x\r\nconnection: close'));
  const text = await untilEnd(socket);
  t.equal(text.match(/HTTP\/1\.1 200 /g)?.length, 3);
});

t.test('R18: a viewer who sends too many requests without waiting is cut off', async (t) => {
  const coordinator = await testCoordinator(t);
  const { certificate, key } = await coordinator.credentials('viewer');
  const socket = await rawConnection(coordinator, { cert: certificate, key });
  socket.write('GET /v1/nodes HTTP/1.1\r\nhost: x\r\n\r\n'.repeat(99));
  socket.write('GET /v1/nodes HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n');
  const text = await untilEnd(socket);
  t.ok((text.match(/HTTP\/1\.1 200 /g)?.length ?? 0) <= 1);
  t.equal((await coordinator.admin.get('/v1/nodes')).status, 200);
});
