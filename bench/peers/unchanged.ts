import { readFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';

/** What this bare server reads from a file. */
export interface UnchangedServer {
  readonly serverPem: string;
  readonly control: string;
  readonly etag: string;
}

/**
 * The peer of `poll`: node:https with mutual TLS, and a handler that only compares the ETag. Its headers are those of
 * the coordinator's answer. The first line of its output is its port.
 */
async function serve(file: string): Promise<void> {
  const { serverPem, control, etag } = JSON.parse(await readFile(file, 'utf8')) as UnchangedServer;
  const server = createServer(
    { cert: serverPem, key: serverPem, ca: control, requestCert: true, rejectUnauthorized: true },
    (request, response) => {
      const unchanged = request.headers['if-none-match'] === etag;
      response.writeHead(unchanged ? 304 : 200, { 'cache-control': 'no-store' });
      response.end();
    },
  );
  server.keepAliveTimeout = 75_000;
  server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port));
}

await serve(process.argv[2] ?? '');
