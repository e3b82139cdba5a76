import { once } from 'node:events';
import type { IncomingHttpHeaders } from 'node:http';
import { Agent, request as httpsRequest } from 'node:https';
import { requireListed } from './contracts.ts';

export interface Credentials {
  readonly certificate: string;
  readonly key: string;
}

export interface RequestOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON; a string or octets are sent unchanged. */
  readonly body?: unknown;
  readonly signal?: AbortSignal;
  /** Ends an answer that does not end once its text matches. */
  readonly enough?: RegExp;
}

/** An answer of the coordinator. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  octets(): Buffer;
  /** The body as JSON; the caller says what it should be. */
  json<Body>(): Body;
}

export interface Client {
  request(method: string, path: string, options?: RequestOptions): Promise<Answer>;
  get(path: string, options?: RequestOptions): Promise<Answer>;
  post(path: string, body?: unknown, options?: RequestOptions): Promise<Answer>;
  close(): void;
}

/**
 * A client of a coordinator on loopback that keeps its one connection, with a certificate or, as a stranger, without. A request
 * rejects if its route answers an error that its contract does not list.
 */
export function makeClient(port: number, authority: string, credentials: Credentials | null): Client {
  const agent = new Agent({
    ca: authority,
    keepAlive: true,
    maxSockets: 1,
    ...(credentials === null ? {} : { cert: credentials.certificate, key: credentials.key }),
  });
  const client: Client = {
    async request(method, path, { headers = {}, body, signal, enough } = {}) {
      const sent =
        body === undefined || typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body);
      const outgoing = httpsRequest({
        host: '127.0.0.1',
        port,
        method,
        path,
        agent,
        headers: { ...(sent === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
        ...(signal === undefined ? {} : { signal }),
      });
      outgoing.end(sent);
      const [incoming] = await once(outgoing, 'response');
      const chunks: Buffer[] = [];
      const text = () => Buffer.concat(chunks).toString('utf8');
      let found: RegExpExecArray | null = null;
      for await (const chunk of incoming as AsyncIterable<Buffer>) {
        chunks.push(chunk);
        found = enough?.exec(text()) ?? null;
        // Leaving the loop closes the connection.
        if (found !== null) break;
      }
      const received = found === null ? text() : found.input.slice(0, found.index + found[0].length);
      requireListed(method, path, incoming.statusCode, received);
      return {
        status: incoming.statusCode,
        headers: incoming.headers,
        text: received,
        octets: () => Buffer.concat(chunks),
        json: <Body>() => JSON.parse(received) as Body,
      };
    },
    get: (path, options) => client.request('GET', path, options),
    post: (path, body, options) => client.request('POST', path, { ...options, body }),
    close: () => agent.destroy(),
  };
  return client;
}
