import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import type { Test } from 'tap';

/** A TCP relay to a server, which can hold up what comes back. */
export interface Relay {
  readonly port: number;
  /** From now on answers stay here, on all connections. */
  hold(): void;
  /** What was held goes on its way, and what comes then as well. */
  release(): void;
  /** How many bytes are held now. */
  held(): number;
}

/** Relays to 127.0.0.1:`port` until the test ends. */
export async function startRelay(t: Test, port: number): Promise<Relay> {
  const sockets = new Set<Socket>();
  let holding = false;
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
    near.pipe(far);
    far.on('data', (chunk: Buffer) => {
      if (holding) held.push({ to: near, chunk });
      else near.write(chunk);
    });
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
      holding = true;
    },
    release() {
      holding = false;
      for (const { to, chunk } of held) to.write(chunk);
      held = [];
    },
    held: () => held.reduce((sum, { chunk }) => sum + chunk.length, 0),
  };
}
