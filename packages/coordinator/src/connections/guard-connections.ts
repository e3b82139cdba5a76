import type { IncomingMessage } from 'node:http';
import type { Server, Socket } from 'node:net';
import { type TLSSocket, Server as TlsServer } from 'node:tls';
import type { Quotas } from '../quotas/quotas.ts';
import { countedAddress } from './client-address.ts';
import { type ConnectionLimits, connectionBook } from './connection-book.ts';
import { explainedOctets } from './explained-octets.ts';
import { foreignCertificates } from './foreign-certificates.ts';
import { handshakeTurns } from './handshake-turns.ts';
import { type KnownAddressLimits, knownAddresses } from './known-addresses.ts';
import { RefusedAddresses } from './refused-addresses.ts';

const lookEveryMs = 250;
/** Looks in one second: for an address that has used up its quota. */
const briefly = 4;
/** Looks in ten seconds: for what no honest client does. */
const forLong = 40;

interface ConnectionGuardOptions {
  readonly limits: ConnectionLimits & KnownAddressLimits;
  readonly quotas: Pick<Quotas, 'spend' | 'isSpent' | 'giveBack'>;
  /** Milliseconds on a clock that nobody sets. */
  readonly monotonic: () => number;
}

/** Limits the connections of a server (R18). */
export type ConnectionGuard = ReturnType<typeof guardConnections>;

/**
 * Checks new connections before the server's own listeners, including TLS: a connection beyond the limits is closed
 * before it costs a handshake. Call it after the server's listeners are complete.
 */
export function guardConnections(server: Server, options: ConnectionGuardOptions) {
  const { limits, quotas, monotonic } = options;
  const book = connectionBook<Socket>(limits);
  const known = knownAddresses(limits);
  /** Those that count as new connections of strangers. */
  const counted = new WeakSet<Socket>();
  /**
   * Identified by both TCP endpoints: requests arrive on the TLS socket, which does not reveal the TCP socket below it.
   */
  const sockets = new Map<string, Socket>();
  /** The same for those whose handshake is complete. */
  const below = new WeakMap<Socket, Socket>();
  const handshakes = handshakeTurns<Socket>();
  const octets = explainedOctets<Socket>();
  /** Those that have just been refused; for a while, they are refused at less cost. */
  const refused = new RefusedAddresses();
  Object.assign(server, { blockList: refused });
  const accept = server.listeners('connection') as ((socket: Socket) => void)[];
  server.removeAllListeners('connection');
  server.on('connection', (socket: Socket) => void openWithinLimits(socket));
  server.on('secureConnection', (end: TLSSocket) => void handshaken(end));
  server.on('request', ({ socket, headers }: IncomingMessage) => octets.requested(socketOf(socket) ?? socket, headers));

  async function openWithinLimits(socket: Socket): Promise<void> {
    const address = countedAddress(socket.remoteAddress);
    // A client that has already gone raises an error on the socket, for which nobody else listens yet.
    socket.on('error', () => socket.destroy());
    if (!known.take(address, monotonic())) {
      if (!(await mayOpenAsStranger(address))) {
        socket.destroy();
        return;
      }
      counted.add(socket);
    }
    if (socket.destroyed) return;
    const key = keyOf(socket);
    sockets.set(key, socket);
    socket.once('close', () => {
      book.close(socket);
      if (sockets.get(key) === socket) sockets.delete(key);
      begin(...handshakes.end(socket, address, monotonic()));
    });
    const closing = book.open(socket, address, monotonic());
    for (const other of closing) other.destroy();
    if (closing.includes(socket)) return;
    if (counted.has(socket) && server instanceof TlsServer) begin(...handshakes.arrive(socket, address, monotonic()));
    else begin(socket);
  }

  function begin(...connections: readonly Socket[]): void {
    for (const socket of connections) {
      if (!socket.destroyed) for (const listener of accept) listener.call(server, socket);
    }
  }

  async function handshaken(end: TLSSocket): Promise<void> {
    const socket = socketOf(end);
    if (socket === undefined) return;
    below.set(end, socket);
    const address = countedAddress(socket.remoteAddress);
    begin(...handshakes.end(socket, address, monotonic()));
    const count = foreignCertificates(end);
    if (count > 0 && !(await mayShow(address, count))) refuse(socket);
  }

  /** Whether its address may show so many foreign certificates. */
  async function mayShow(address: string, count: number): Promise<boolean> {
    try {
      await quotas.spend('foreignCertificatesOfAddress', address, count);
      await quotas.spend('foreignCertificates', '', count);
      return true;
    } catch {
      return false;
    }
  }

  /** It has done what no honest client does. */
  function refuse(socket: Socket): void {
    refused.refuse(countedAddress(socket.remoteAddress), forLong);
    socket.destroy();
  }

  function socketOf(end: Socket): Socket | undefined {
    return below.get(end) ?? sockets.get(keyOf(end));
  }

  /**
   * An address spends its own quota first, so that it cannot use up that of all. Where that one is used up, addresses are not
   * counted: there would be as many counters as an attacker has addresses.
   */
  async function mayOpenAsStranger(address: string): Promise<boolean> {
    if (await quotas.isSpent('connections', '')) return false;
    if (await quotas.isSpent('foreignCertificates', '')) return false;
    try {
      await quotas.spend('connectionsOfAddress', address);
      await quotas.spend('connections', '');
      return true;
    } catch {
      refused.refuse(address, briefly);
      return false;
    }
  }

  const timer = setInterval(() => {
    refused.look();
    for (const socket of sockets.values()) if (octets.isExceeded(socket, socket.bytesRead)) refuse(socket);
    for (const socket of handshakes.overdue(monotonic())) socket.destroy();
    for (const socket of book.overdue(monotonic())) socket.destroy();
  }, lookEveryMs);
  timer.unref();

  return {
    /** True if a request on this connection has proven its client. */
    isKnown(end: Socket) {
      const socket = socketOf(end);
      return socket !== undefined && book.isKnown(socket);
    },
    /** A request on this connection has proven this client. */
    recognise(end: Socket, client: string) {
      const socket = socketOf(end);
      if (socket === undefined || book.isKnown(socket)) return;
      for (const other of book.recognise(socket, client)) other.destroy();
      const address = countedAddress(socket.remoteAddress);
      // Later ones have a quota of their own.
      if (!known.note(client, address) || !counted.has(socket)) return;
      void quotas.giveBack('connections', '');
      void quotas.giveBack('connectionsOfAddress', address);
    },
    /** Closes all connections of a client that is admitted no longer (R8), except one if it is given. */
    disconnect(client: string, except?: Socket) {
      const spared = except === undefined ? undefined : socketOf(except);
      known.forget(client);
      for (const socket of book.of(client)) if (socket !== spared) socket.destroy();
    },
    /** Closes the connections of strangers, and stops the timer. */
    stop() {
      clearInterval(timer);
      for (const socket of sockets.values()) if (!book.isKnown(socket)) socket.destroy();
    },
  };
}

function keyOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress ?? ''} ${remotePort ?? ''}`;
}
