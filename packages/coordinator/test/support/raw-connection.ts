import { once } from 'node:events';
import type { Socket } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import { exportPrivateKeyPem } from '@picket/shared/pki/keys.ts';
import type { TestCoordinator } from './coordinator.ts';
import { joinNode } from './nodes.ts';

/** As node:tls takes them; without them it is a stranger. */
export interface RawCredentials {
  readonly cert: string;
  readonly key: string;
}

/** A TLS connection on which a test writes what no client of HTTP would. */
export async function rawConnection(
  { port, authority }: Pick<TestCoordinator, 'port' | 'authority'>,
  credentials: RawCredentials | null = null,
  from: { readonly localAddress?: string } = {},
): Promise<TLSSocket> {
  const socket = connect({ host: '127.0.0.1', port, ca: authority, ...credentials, ...from });
  socket.on('error', () => undefined);
  await once(socket, 'secureConnect');
  return socket;
}

/** Those of the first member, which joins for them. */
export async function nodeCredentials(coordinator: TestCoordinator): Promise<RawCredentials> {
  const { certificate, key } = await joinNode(coordinator, 1);
  return { cert: certificate, key: exportPrivateKeyPem(key) };
}

/** The beginning of the answer to one poll. */
export async function polled(socket: TLSSocket): Promise<string> {
  const answered = once(socket, 'data');
  socket.write('GET /v1/node/desired-state HTTP/1.1\r\nhost: x\r\n\r\n');
  return String((await answered)[0]);
}

/** All that comes until the connection ends, also by a reset: who is cut off while it still sends gets one. */
export async function untilEnd(socket: Socket): Promise<string> {
  let text = '';
  socket.setEncoding('utf8');
  socket.on('data', (chunk: string) => {
    text += chunk;
  });
  if (!socket.closed) await new Promise((resolve) => socket.once('close', resolve));
  return text;
}
