import { type FileHandle, open } from 'node:fs/promises';
import { request } from 'node:http';

/** Of an answer, in bytes: etcd's metrics have about 100 KB. */
const mostBytes = 8 * 1024 * 1024;

export interface SocketAnswer {
  readonly status: number;
  readonly text: string;
}

/** Asks what listens on a socket in a folder. Rejects if nothing answers in time. */
export type Ask = (path: string, body?: string) => Promise<SocketAnswer>;

/**
 * Requests to the socket of this name. The path of a socket is at most 107 bytes, and that of the folder may be longer, so the
 * folder stays open and is named by its number.
 */
export async function openSocket(folder: string, name: string, patienceMs: number) {
  const handle: FileHandle = await open(folder, 'r');
  const socketPath = `/proc/self/fd/${handle.fd}/${name}`;
  const ask: Ask = (path, body) =>
    new Promise((done, fail) => {
      const method = body === undefined ? 'GET' : 'POST';
      const sent = request({ socketPath, path, method, agent: false, signal: AbortSignal.timeout(patienceMs) });
      sent.on('error', fail);
      sent.on('response', (response) => {
        const chunks: Buffer[] = [];
        let bytes = 0;
        response.on('error', fail);
        response.on('data', (chunk: Buffer) => {
          bytes += chunk.length;
          if (bytes > mostBytes) sent.destroy(new Error('the answer is too large'));
          else chunks.push(chunk);
        });
        response.on('end', () => done({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }));
      });
      sent.end(body);
    });
  return { ask, close: () => handle.close() };
}
