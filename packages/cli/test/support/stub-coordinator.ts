import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { TLSSocket } from 'node:tls';
import type { TestPki } from './pki.ts';

/** A request as the stub saw it. */
export interface Seen {
  /** As `GET /v1/events?limit=500`. */
  readonly line: string;
  readonly body: unknown;
  readonly ifMatch: string | undefined;
  readonly idempotencyKey: string | undefined;
  readonly lastEventId: string | undefined;
  /** The subject alternative names of the client certificate, empty where none was accepted. */
  readonly client: string;
}

/** Whether the coordinator is only asked whether it would refuse. */
export function isDryRun({ body }: Seen): boolean {
  return typeof body === 'object' && body !== null && 'dryRun' in body && body.dryRun === true;
}

/** Whether it would change something. */
export function isOrder(seen: Seen): boolean {
  return seen.line.startsWith('POST') && !isDryRun(seen);
}

export interface StubAnswer {
  readonly status?: number;
  readonly body?: unknown;
  /** Sent as it is, in place of `body`. */
  readonly text?: string;
  /** Sent as pieces of a body, after which the answer goes on unless it is to end. */
  readonly pieces?: readonly string[];
  readonly goesOn?: true;
  /** Never answers. */
  readonly silent?: true;
  /** Closes the connection in place of an answer. */
  readonly hangUp?: true;
}

export interface Stub {
  readonly url: string;
  readonly seen: Seen[];
  close(): Promise<void>;
}

/** An HTTPS server that asks for client certificates and answers each request by `answer`. */
export async function startStub(pki: TestPki, answer: (seen: Seen) => StubAnswer): Promise<Stub> {
  const seen: Seen[] = [];
  const server = createServer(
    {
      cert: pki.server.certificate,
      key: pki.server.key,
      ca: pki.authority,
      requestCert: true,
      rejectUnauthorized: false,
    },
    (request, response) => {
      void reply(request, response);
    },
  );
  async function reply(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const asked: Seen = {
      line: `${request.method} ${request.url}`,
      body: await bodyOf(request),
      ifMatch: request.headers['if-match'],
      idempotencyKey: request.headers['idempotency-key']?.toString(),
      lastEventId: request.headers['last-event-id']?.toString(),
      client: clientOf(request.socket as TLSSocket),
    };
    seen.push(asked);
    const { status = 200, body, text, pieces, goesOn, silent, hangUp } = answer(asked);
    for (const piece of pieces ?? []) {
      response.write(piece);
      await nextTurn();
    }
    if (pieces !== undefined) {
      if (goesOn !== true) response.end();
      return;
    }
    if (hangUp === true) request.socket.destroy();
    if (silent === true || hangUp === true) return;
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(text ?? (body === undefined ? '' : JSON.stringify(body)));
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString('utf8');
  if (request.headers['content-type'] === 'application/octet-stream') return text;
  return text === '' ? undefined : JSON.parse(text);
}

function clientOf(socket: TLSSocket): string {
  return socket.authorized ? (socket.getPeerX509Certificate()?.subjectAltName ?? '') : '';
}
