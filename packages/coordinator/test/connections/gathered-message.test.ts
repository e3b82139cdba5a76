import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import t, { type Test } from 'tap';
import { GatheredMessage } from '../../src/connections/gathered-message.ts';

/** Sends this body as chunks of these lengths, and gives back the pieces in which a server that waits for its end has it. */
async function piecesOf(t: Test, body: Buffer, lengths: Iterable<number>): Promise<readonly Buffer[]> {
  const server = createServer({ IncomingMessage: GatheredMessage }).listen(0, '127.0.0.1');
  t.teardown(() => server.close());
  await once(server, 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  t.teardown(() => socket.destroy());
  const arrived = once(server, 'request') as Promise<[IncomingMessage]>;
  socket.write('POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n');
  const [request] = await arrived;
  const pieces: Buffer[] = [];
  request.on('data', (piece: Buffer) => pieces.push(piece));
  let begin = 0;
  for (const length of lengths) {
    socket.write(`${length.toString(16)}\r\n`);
    socket.write(body.subarray(begin, begin + length));
    socket.write('\r\n');
    begin += length;
  }
  socket.write('0\r\n\r\n');
  await once(request, 'end');
  return pieces;
}

const octets = Buffer.from(Array.from({ length: 60_000 }, (_, index) => index % 251));

t.test('R18: a body in pieces of one octet is kept in few', async (t) => {
  const body = octets.subarray(0, 40_000);
  const pieces = await piecesOf(t, body, Array(body.length).fill(1));
  t.equal(pieces.length, 3);
  t.ok(Buffer.concat(pieces).equals(body));
});

t.test('a body is the same in pieces of any length', async (t) => {
  for (const length of [1, 7, 100, 5_000, 16_384, 20_000, 60_000]) {
    const lengths = Array.from({ length: Math.ceil(octets.length / length) }, (_, index) =>
      Math.min(length, octets.length - index * length),
    );
    t.ok(Buffer.concat(await piecesOf(t, octets, lengths)).equals(octets), `${length}`);
  }
  const mixed = [1, 1, 16_383, 1, 16_384, 2, 20_000, 5_000, 1, 2_227];
  t.ok(Buffer.concat(await piecesOf(t, octets, mixed)).equals(octets), 'of mixed lengths');
});

t.test('a short body is given out at its end', async (t) => {
  t.same(await piecesOf(t, octets.subarray(0, 3), [3]), [octets.subarray(0, 3)]);
  t.same(await piecesOf(t, octets, []), []);
});
