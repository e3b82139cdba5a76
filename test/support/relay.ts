import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import type { Test } from 'tap';

/** A TCP relay to a server, which can hold up what goes to it or comes back. */
export interface Relay {
  readonly port: number;
  /** From now on answers stay here, on all connections. */
  hold(): void;
  /** The same for requests. */
  holdRequests(): void;
  /** What was held goes on its way, and what comes then as well. */
  release(): void;
  /** How many bytes are held now. */
  held(): number;
}

/** Relays to 127.0.0.1:`port` until the test ends. */
export async function startRelay(t: Test, port: number): Promise<Relay> {
  const sockets = new Set<Socket>();
  let holding: 'answers' | 'requests' | null = null;
  let held: { readonly to: Socket; readonly chunk: Buffer }[] = [];
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1');
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        sockets.delete(one);
        other.end();
      });
    }
    const pass = (from: Socket, to: Socket, what: typeof holding) =>
      from.on('data', (chunk: Buffer) => {
        if (holding === what) held.push({ to, chunk });
        else to.write(chunk);
      });
    pass(near, far, 'requests');
    pass(far, near, 'answers');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the relay has no port');
  return {
    port: address.port,
    hold() {
      holding = 'answers';
    },
    holdRequests() {
      holding = 'requests';
    },
    release() {
      holding = null;
      for (const { to, chunk } of held) to.write(chunk);
      held = [];
    },
    held: () => held.reduce((sum, { chunk }) => sum + chunk.length, 0),
  };
}
