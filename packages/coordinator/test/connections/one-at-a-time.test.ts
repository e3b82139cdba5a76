import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import t, { type Test } from 'tap';
import { until } from '../../../../test/support/until.ts';
import { oneAtATime, type PipelineLimits } from '../../src/connections/one-at-a-time.ts';

type Begun = readonly [IncomingMessage, ServerResponse];

/** A server that answers when the test says so. */
async function served(t: Test, limits?: PipelineLimits) {
  const begun: Begun[] = [];
  const server = createServer((request, response) => void begun.push([request, response]));
  oneAtATime(server, limits);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    begun,
    open(): Socket {
      const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
      socket.on('error', () => undefined);
      return socket;
    },
  };
}

const patience = { within: 10_000, every: 5 };
const ask = (path: string, body = '') =>
  `POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-length: ${body.length}\r\n\r\n${body}`;

/** All that has come so far. */
function read(socket: Socket): { readonly text: () => string } {
  let text = '';
  socket.setEncoding('latin1').on('data', (chunk: string) => {
    text += chunk;
  });
  return { text: () => text };
}

t.test('R18: of requests that a client sends without waiting, one at a time is begun', async (t) => {
  const { begun, open } = await served(t);
  const socket = open();
  const answers = read(socket);
  socket.write(ask('/1') + ask('/2', 'a body') + ask('/3'));
  for (const number of [1, 2, 3]) {
    await until('the next one is begun', () => begun.length === number, patience);
    const [request, response] = begun.at(-1) as Begun;
    t.equal(request.url, `/${number}`);
    t.equal(await text(request), number === 2 ? 'a body' : '');
    response.end(`answer ${number}.`);
  }
  await until('all are answered', () => answers.text().includes('answer 3.'), patience);
  t.match(answers.text(), /answer 1\..*answer 2\..*answer 3\./s);
});

t.test('R18: nothing is read from a connection on which a request waits', async (t) => {
  const { begun, open } = await served(t);
  const socket = open();
  socket.write(ask('/1') + ask('/2'));
  await until('the first is begun', () => begun.length === 1, patience);
  const [{ socket: served1 }, first] = begun[0] as Begun;
  await until('the server has stopped reading', () => served1.isPaused(), patience);
  const before = served1.bytesRead;
  // More than the kernel keeps for a connection.
  const more = 32 * 1024 * 1024;
  socket.write(Buffer.alloc(more, ask('/n', 'x'.repeat(1000))));
  await until('the kernel takes no more', () => socket.writableLength > 0, patience);
  t.ok(served1.bytesRead - before < more / 4, `${served1.bytesRead - before} bytes`);
  first.end();
  await until('the second is begun', () => begun.length === 2, patience);
  socket.destroy();
});

t.test('R18: a connection with too many waiting requests is closed', async (t) => {
  const { begun, open } = await served(t, { ofConnection: 2, ofAll: 100 });
  const socket = open();
  socket.write(ask('/n').repeat(4));
  socket.resume();
  await until('it is closed', () => socket.closed, patience);
  t.equal(begun.length, 1);
});

t.test(
  'R18: the requests that wait on all connections are bounded, and each that ends gives its place back',
  async (t) => {
    const { begun, open } = await served(t, { ofConnection: 100, ofAll: 3 });
    const of = (path: string) => begun.filter(([{ url }]) => url === path).map(([, response]) => response);
    /** Answers what is begun, so many times. */
    const answered = async (path: string, times: number) => {
      for (let count = 1; count <= times; count += 1) {
        await until('the next one is begun', () => of(path).length === count, patience);
        of(path).at(-1)?.end();
      }
    };
    const first = open().resume();
    first.write(ask('/first').repeat(4));
    await until('it is begun', () => of('/first').length === 1, patience);
    const second = open().resume();
    second.write(ask('/second').repeat(3));
    await until('it is closed', () => second.closed, patience);
    t.equal(first.destroyed, false);
    const polite = open().resume();
    polite.write(ask('/polite').repeat(2));
    await answered('/polite', 2);
    t.equal(polite.destroyed, false, 'the first request that waits on a connection may always wait');
    await answered('/first', 4);
    const third = open().resume();
    third.write(ask('/third').repeat(4));
    await answered('/third', 4);
    t.equal(third.destroyed, false);
  },
);

t.test('a request after an answer does not wait', async (t) => {
  const { begun, open } = await served(t, { ofConnection: 0, ofAll: 0 });
  const socket = open();
  const answers = read(socket);
  for (const number of [1, 2, 3]) {
    socket.write(ask('/n'));
    await until('it is begun', () => begun.length === number, patience);
    begun.at(-1)?.[1].end(`answer ${number}.`);
    await until('it is answered', () => answers.text().includes(`answer ${number}.`), patience);
  }
  t.equal(socket.destroyed, false);
});
