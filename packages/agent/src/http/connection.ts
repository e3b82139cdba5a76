import type { TLSSocket } from 'node:tls';
import buildConnector from 'undici/lib/core/connect.js';
import Client from 'undici/lib/dispatcher/client.js';
import { type Answer, type Exchange, exchange } from './exchange.ts';

/** How the two sides of a connection prove who they are. */
export interface Proofs {
  /** PEM bundle of the only authorities that may vouch for the other side; null: the caller judges whoever answers. */
  readonly trust: string | null;
  /** Certificate and key of this side in one PEM; null: it shows none. */
  readonly credential: string | null;
}

/**
 * A connection to one server. The first request opens it, and it stays open for two minutes after each. Whoever sends a request limits
 * its time.
 *
 * @param connectMs how long it may take to open, in milliseconds
 * @param opened sees the connection before anything is sent; what it throws ends the connection and the request
 */
export function connectionTo(
  url: string,
  { trust, credential }: Proofs,
  connectMs: number,
  opened: (socket: TLSSocket) => void = () => undefined,
): Client {
  const open = buildConnector({
    ...(trust === null ? { rejectUnauthorized: false } : { ca: trust }),
    ...(credential === null ? {} : { cert: credential, key: credential }),
    minVersion: 'TLSv1.2',
    allowH2: false,
    // A resumed session would outlive the certificate it was opened with (R8).
    maxCachedSessions: 0,
    timeout: connectMs,
  });
  return new Client(url, {
    pipelining: 1,
    headersTimeout: 0,
    bodyTimeout: 0,
    keepAliveTimeout: 120_000,
    // What `open` returns lets the client give up before the connection is open.
    connect: (target, done) =>
      open(target, (error, socket) => {
        if (error) return done(error, null);
        try {
          opened(socket as TLSSocket);
          done(null, socket);
        } catch (reason) {
          socket.destroy();
          done(reason as Error, null);
        }
      }),
  });
}

/**
 * Sends one request over a connection of its own, and closes that. Rejects as {@link exchange} does, and with what `opened` throws.
 *
 * @param url with the path
 */
export async function exchangeOnce(
  url: string,
  proofs: Proofs,
  request: Omit<Exchange, 'method' | 'path'> & Partial<Pick<Exchange, 'method'>>,
  opened?: (socket: TLSSocket) => void,
): Promise<Answer> {
  const { origin, pathname, search } = new URL(url);
  const client = connectionTo(origin, proofs, request.deadlineMs, opened);
  try {
    return await exchange(client, { method: 'GET', ...request, path: `${pathname}${search}`, closeAfter: true });
  } finally {
    await client.destroy();
  }
}
