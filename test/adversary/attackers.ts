import { connect as connectPlain, type Socket } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import { createCsr } from '@picket/shared/pki/csr.ts';
import { generateKey } from '@picket/shared/pki/keys.ts';
import type { Traitor, Victim } from './scene.ts';

/** Sockets that an attack holds. */
export interface Held {
  release(): void;
}

export interface FloodOptions {
  readonly count: number;
  /** Loopback addresses that the connections come from, in turn. */
  readonly from?: readonly string[];
}

const atOnce = 50;
const nobody = ['127.0.0.1'];

/** TCP connections that never begin a handshake. */
export function silentConnections(victim: Victim, options: FloodOptions): Promise<Held> {
  return hold(options, async (localAddress) => {
    const socket = connectPlain({ port: victim.port, host: '127.0.0.1', localAddress });
    socket.on('error', () => undefined);
    await Promise.race([happened(socket, 'connect'), closed(socket)]);
    return socket;
  });
}

/** TLS connections on which nothing is ever asked. */
export function idleConnections(victim: Victim, options: FloodOptions, traitor?: Traitor): Promise<Held> {
  return hold(options, (localAddress) => handshaken(victim, { localAddress, ...shown(traitor) }));
}

/** Connections of a node that ask once and then stay, as those of agents do. */
export function keptConnections(
  victim: Victim,
  traitor: Traitor,
  request: string,
  options: FloodOptions,
): Promise<Held> {
  return hold(options, async (localAddress) => {
    const socket = await handshaken(victim, { localAddress, ...shown(traitor) });
    socket.write(request);
    return socket;
  });
}

/** Requests whose body is announced and mostly sent, and never ends. */
export function unfinishedBodies(
  victim: Victim,
  path: string,
  options: FloodOptions & { readonly bytes: number },
): Promise<Held> {
  const { bytes } = options;
  const head = `POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${bytes}\r\n\r\n`;
  const sent = Buffer.alloc(bytes - 1, ' ');
  return hold(options, async (localAddress) => {
    const socket = await handshaken(victim, { localAddress });
    socket.write(head);
    socket.write(sent);
    return socket;
  });
}

/** Requests with so many octets of a body, each a piece of its own, which never end. */
export function bodiesInPieces(
  victim: Victim,
  path: string,
  options: FloodOptions & { readonly bytes: number },
): Promise<Held> {
  const head = `POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n`;
  const pieces = '1\r\n \r\n'.repeat(options.bytes);
  return hold(options, async (localAddress) => {
    const socket = await handshaken(victim, { localAddress });
    socket.write(head);
    socket.write(pieces);
    return socket;
  });
}

/** Clients that ask for something large and never read it. */
export function deafReaders(victim: Victim, path: string, options: FloodOptions): Promise<Held> {
  return hold(options, async (localAddress) => {
    const socket = await handshaken(victim, { localAddress });
    socket.pause();
    socket.write(`GET ${path} HTTP/1.1\r\nhost: x\r\n\r\n`);
    return socket;
  });
}

const statusLine = /HTTP\/1\.1 (\d{3}) /g;

/** Fewer than the coordinator lets wait on one connection. */
const unanswered = 16;

/**
 * One connection that asks `count` times, and waits for an answer only after several requests. Resolves with the statuses of
 * all that came, until `enough` has come if it is given.
 */
export async function pipelined(
  victim: Victim,
  traitor: Traitor,
  request: string,
  { count, enough }: Pick<FloodOptions, 'count'> & { readonly enough?: number },
): Promise<readonly number[]> {
  const socket = await handshaken(victim, shown(traitor));
  const statuses: number[] = [];
  let rest = '';
  socket.setEncoding('latin1');
  socket.on('data', (text: string) => {
    rest += text;
    for (const [, status] of rest.matchAll(statusLine)) statuses.push(Number(status));
    // A status line may come in two parts.
    rest = rest.slice(rest.lastIndexOf('HTTP/')).replaceAll(statusLine, '').slice(-20);
    if (statuses.length >= count || statuses.at(-1) === enough) socket.destroy();
    else ask();
  });
  let asked = 0;
  const ask = () => {
    const more = Math.min(count, statuses.length + unanswered) - asked;
    if (more > 0) socket.write(request.repeat(more));
    asked += Math.max(0, more);
  };
  ask();
  await closed(socket);
  return statuses;
}

/** A connection of TLS 1.2, which can be renegotiated. */
export function connectedTls12(victim: Victim, traitor: Traitor): Promise<TLSSocket> {
  return handshaken(victim, { maxVersion: 'TLSv1.2', ...shown(traitor) });
}

/** Whether a second handshake on this connection goes through. */
export async function renegotiated(socket: TLSSocket): Promise<boolean> {
  const done = await new Promise<boolean>((resolve) => {
    socket.once('close', () => resolve(false));
    socket.renegotiate({ rejectUnauthorized: false }, (error) => resolve(error === null));
  });
  if (!done) await closed(socket);
  return done;
}

/** One request of a node or, without a traitor, of a stranger, on a connection of its own. */
export async function askOnce(victim: Victim, request: string, traitor?: Traitor): Promise<string> {
  const socket = await handshaken(victim, shown(traitor));
  let text = '';
  socket.setEncoding('utf8');
  socket.on('data', (chunk: string) => {
    text += chunk;
  });
  socket.write(request);
  await closed(socket);
  return text;
}

/** An HTTP/1.1 request as text; one of several on a connection where `close` is false. */
export function requestText(
  method: string,
  path: string,
  body?: unknown,
  { close = true, headers: more = [] }: { readonly close?: boolean; readonly headers?: readonly string[] } = {},
): string {
  const text = body === undefined ? '' : JSON.stringify(body);
  const headers = [
    'host: x',
    ...more,
    ...(close ? ['connection: close'] : []),
    ...(body === undefined ? [] : ['content-type: application/json', `content-length: ${Buffer.byteLength(text)}`]),
  ];
  return `${method} ${path} HTTP/1.1\r\n${headers.join('\r\n')}\r\n\r\n${text}`;
}

/** What a node asks for a certificate with, on a connection that stays open. */
export async function certificateRequest(): Promise<string> {
  const csr = createCsr({ key: await generateKey('p256'), commonName: 'a node' });
  return requestText('POST', '/v1/node/certificates', { purpose: 'client', csr }, { close: false });
}

async function hold(
  { count, from = nobody }: FloodOptions,
  open: (localAddress: string) => Promise<Socket>,
): Promise<Held> {
  const sockets: Socket[] = [];
  for (let done = 0; done < count; done += atOnce) {
    const some = Array.from({ length: Math.min(atOnce, count - done) }, (_, index) =>
      open(from[(done + index) % from.length] ?? '127.0.0.1'),
    );
    sockets.push(...(await Promise.all(some)));
  }
  return {
    release() {
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** Also where the coordinator closes it at once. */
export async function handshaken({ port, authority }: Victim, options: object): Promise<TLSSocket> {
  const socket = connect({ host: '127.0.0.1', port, ca: authority, ...options });
  socket.on('error', () => undefined);
  await Promise.race([happened(socket, 'secureConnect'), closed(socket)]);
  // Else the end of the other side goes unnoticed.
  socket.resume();
  return socket;
}

function shown(traitor: Traitor | undefined): { cert?: string; key?: string } {
  return traitor === undefined ? {} : { cert: traitor.credential, key: traitor.key };
}

/** Unlike `once` of node:events, whatever error the socket has meanwhile. */
function happened(socket: Socket, event: string): Promise<void> {
  return new Promise((resolve) => socket.once(event, () => resolve()));
}

function closed(socket: Socket): Promise<void> {
  return socket.destroyed ? Promise.resolve() : happened(socket, 'close');
}
