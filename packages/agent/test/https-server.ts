import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { TLSSocket } from 'node:tls';
import { certificateFromDer } from '@picket/shared/pki/certificate.ts';
import type { Test } from 'tap';

/** A request as the server saw it. */
export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  /** The names in the client's certificate, or null if it presented none. */
  readonly client: readonly string[] | null;
}

export type Respond = (seen: Seen, response: ServerResponse) => void;

export interface TestServer {
  readonly port: number;
  /** `https://localhost:PORT` */
  readonly url: string;
  readonly seen: Seen[];
  respond: Respond;
}

export interface ServerOptions {
  /** Certificate and key in one PEM. */
  readonly credential: string;
  readonly clientCa?: string;
  readonly respond?: Respond;
}

/** An HTTPS server on the loopback address, closed at the end of the test. */
export async function httpsServer(t: Test, { credential, clientCa, respond }: ServerOptions): Promise<TestServer> {
  const tls = clientCa === undefined ? {} : { ca: clientCa, requestCert: true, rejectUnauthorized: false };
  const server: Server = createServer({ cert: credential, key: credential, ...tls });
  const test: TestServer & { port: number; url: string } = {
    port: 0,
    url: '',
    seen: [],
    respond: respond ?? (() => {}),
  };
  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '', headers } = request;
    const seen = { method, path: url, headers, body: await text(request), client: clientOf(request) };
    test.seen.push(seen);
    test.respond(seen, response);
  }
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    answer(request, response).catch((error: unknown) => response.destroy(error as Error));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.close();
    server.closeAllConnections();
  });
  test.port = (server.address() as AddressInfo).port;
  test.url = `https://localhost:${test.port}`;
  return test;
}

export function sendJson(
  response: ServerResponse,
  status: number,
  value: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value));
}

function clientOf(request: IncomingMessage): readonly string[] | null {
  const raw = (request.socket as TLSSocket).getPeerX509Certificate()?.raw;
  return raw === undefined ? null : certificateFromDer(raw).sans.map(({ value }) => value);
}
