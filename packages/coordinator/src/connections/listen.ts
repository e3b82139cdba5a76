import { once } from 'node:events';
import { type BlockList, createServer, type Server, type ServerOpts } from 'node:net';

/** Measured: with fewer, connections that nobody wants fill the queues of the kernel as soon as the event loop is busy. */
const sockets = 16;

interface Application {
  listen(place: Place & { readonly reusePort: boolean }): Promise<unknown>;
  readonly server: Server;
  /** Fires when it begins to close. */
  readonly closing: AbortController;
}

export interface Place {
  readonly host: string;
  readonly port: number;
}

/**
 * Listens with several sockets at one place until the application closes: Node.js accepts one connection of each socket in a turn of its
 * event loop, and while more arrive than that, the kernel turns agents and operators away together with strangers (R18). Throws what
 * Node.js throws, also if another process listens there.
 */
export async function listenAt(app: Application, place: Place): Promise<void> {
  await requireFree(place);
  const shared = { ...place, reusePort: true };
  await app.listen(shared);
  // Node.js keeps them as it was given them, and its types do not know.
  const { blockList, noDelay, pauseOnConnect } = app.server as Server & ServerOpts & { readonly blockList?: BlockList };
  const others = Array.from({ length: sockets - 1 }, () =>
    createServer({ blockList, noDelay, pauseOnConnect }, (socket) => app.server.emit('connection', socket)).listen(
      shared,
    ),
  );
  const close = () => {
    for (const other of others) other.close();
  };
  app.closing.signal.addEventListener('abort', close, { once: true });
  await Promise.all(others.map((other) => once(other, 'listening')));
}

/** Sockets that share a port would share it with another coordinator, too. */
async function requireFree(place: Place): Promise<void> {
  const only: Server = createServer().listen(place);
  await once(only, 'listening');
  only.close();
  await once(only, 'close');
}
