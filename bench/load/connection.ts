import { once } from 'node:events';
import { connect, type TLSSocket } from 'node:tls';
import { type Response, ResponseReader } from './response-reader.ts';

/** Where to connect to and as whom, in PEM. */
export interface Target {
  readonly host: string;
  readonly port: number;
  readonly ca: string;
  readonly certificate: string;
  readonly key: string;
}

/** A kept-alive mutual TLS connection with one request under way at a time. */
export interface Connection {
  /** `answered` is called once, with the answer; a connection that breaks destroys the process's day by an exception. */
  ask(request: string, answered: (response: Response) => void): void;
  close(): void;
}

/** Connects; rejects where the handshake fails. A later error goes to `broken`. */
export async function openConnection(target: Target, broken: (error: Error) => void): Promise<Connection> {
  const { host, port, ca, certificate, key } = target;
  const socket: TLSSocket = connect({ host, port, ca, cert: certificate, key });
  await once(socket, 'secureConnect');
  socket.setNoDelay(true);
  const reader = new ResponseReader();
  let closing = false;
  let waiting: ((response: Response) => void) | null = null;
  socket.on('error', broken);
  socket.on('close', () => {
    if (!closing) broken(new Error('the server closed the connection'));
  });
  socket.on('data', (bytes: Buffer) => {
    let response: Response | null;
    try {
      response = reader.take(bytes);
    } catch (error) {
      broken(error as Error);
      return;
    }
    if (response === null) return;
    const answered = waiting;
    waiting = null;
    answered?.(response);
  });
  return {
    ask(request, answered) {
      waiting = answered;
      socket.write(request);
    },
    close() {
      closing = true;
      socket.destroy();
    },
  };
}

/** One request on a connection of its own; rejects where that breaks. */
export async function askOnce(target: Target, request: string): Promise<Response> {
  let opened: Connection | null = null;
  try {
    return await new Promise((resolve, reject) => {
      openConnection(target, reject).then((connection) => {
        opened = connection;
        connection.ask(request, resolve);
      }, reject);
    });
  } finally {
    (opened as Connection | null)?.close();
  }
}
