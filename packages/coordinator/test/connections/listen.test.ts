import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import fastify from 'fastify';
import t, { type Test } from 'tap';
import { freePort } from '../../../../test/support/ports.ts';
import { until } from '../../../../test/support/until.ts';
import { listenAt } from '../../src/connections/listen.ts';

const host = '127.0.0.1';

async function application(t: Test) {
  const app = fastify({ forceCloseConnections: true });
  const closing = new AbortController();
  app.decorate('closing', closing);
  app.addHook('preClose', async () => closing.abort());
  t.teardown(() => app.close());
  return app;
}

t.test('R18: several connections are accepted in one turn of the event loop', async (t) => {
  const app = await application(t);
  const port = await freePort(host);
  await listenAt(app, { host, port });
  const turns: number[] = [0];
  const turn = () => {
    turns.push(0);
    ticking = setImmediate(turn);
  };
  let ticking = setImmediate(turn);
  t.teardown(() => clearImmediate(ticking));
  app.server.on('connection', () => turns.push((turns.pop() ?? 0) + 1));
  const opened: Socket[] = Array.from({ length: 100 }, () => connect({ host, port }).on('error', () => undefined));
  const total = () => turns.reduce((sum, count) => sum + count, 0);
  await until('all are accepted', () => total() === opened.length, { within: 30_000, every: 5 });
  t.ok(Math.max(...turns) > 1);
  for (const socket of opened) socket.destroy();
});

t.test('on all of the sockets, an answer in several pieces waits for no acknowledgement', async (t) => {
  const app = await application(t);
  const port = await freePort(host);
  await listenAt(app, { host, port });
  const accepted: Socket[] = [];
  app.server.on('connection', (socket) => accepted.push(socket));
  const opened = Array.from({ length: 50 }, () => connect({ host, port }));
  await until('all are accepted', () => accepted.length === opened.length, { within: 30_000, every: 5 });
  t.ok(accepted.every(isWithoutDelay));
  for (const socket of opened) socket.destroy();
});

/** Node.js has no way to ask, but it remembers whether it has set TCP_NODELAY. */
function isWithoutDelay(socket: Socket): boolean {
  const [remembered] = Object.getOwnPropertySymbols(socket).filter(({ description }) => description === 'kSetNoDelay');
  return remembered !== undefined && Reflect.get(socket, remembered) === true;
}

t.test('requests on each of the sockets are answered, and none listens after the end', async (t) => {
  const app = await application(t);
  app.get('/', async () => 'here');
  const port = await freePort(host);
  await listenAt(app, { host, port });
  const texts = await Promise.all(
    Array.from({ length: 50 }, () =>
      fetch(`http://${host}:${port}/`, { headers: { connection: 'close' } }).then((answer) => answer.text()),
    ),
  );
  t.same(new Set(texts), new Set(['here']));
  await app.close();
  const [error] = await once(connect({ host, port }), 'error');
  t.match(error, { code: 'ECONNREFUSED' });
});

t.test('a place where another process listens is refused, also if that one shares it', async (t) => {
  for (const reusePort of [false, true]) {
    const port = await freePort(host);
    const other = createServer().listen({ host, port, reusePort });
    await once(other, 'listening');
    t.teardown(() => other.close());
    await t.rejects(listenAt(await application(t), { host, port }), { code: 'EADDRINUSE' });
  }
});
