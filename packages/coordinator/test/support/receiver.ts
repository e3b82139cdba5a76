import { createServer, type IncomingHttpHeaders, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Test } from 'tap';

/** A request as a receiver of notifications saw it. */
export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Receiver {
  readonly url: string;
  readonly received: Received[];
  /** What the receiver does with the next requests; null: takes them. */
  behave: RequestListener | null;
  /** The titles of the JSON messages. */
  titles(): readonly string[];
}

/** A real HTTP server on loopback. */
export async function receiver(t: Test): Promise<Receiver> {
  const received: Received[] = [];
  const made: Receiver = {
    url: '',
    received,
    behave: null,
    titles: () => received.map(({ body }) => (JSON.parse(body) as { title: string }).title),
  };
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (chunk: string) => {
      body += chunk;
    });
    request.on('end', () => {
      received.push({ method: request.method ?? '', path: request.url ?? '', headers: request.headers, body });
      if (made.behave === null) response.end('ok');
      else made.behave(request, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.close();
    server.closeAllConnections();
  });
  return Object.assign(made, { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
}
