import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Server, Socket } from 'node:net';
import { failure, PicketError } from '@picket/shared/errors.ts';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { countedAddress } from '../connections/client-address.ts';
import type { Quotas } from '../quotas/quotas.ts';
import { sendError, translated } from './errors.ts';

interface BeforeHooksOptions {
  readonly quotas: Pick<Quotas, 'spend'>;
  /** Called with each error that is answered, before it is sent. */
  readonly answered: (error: PicketError) => void;
}

/** What Node.js reports of bytes that it cannot read as HTTP, with the status that it would answer. */
const unreadable: Readonly<Record<string, { readonly status: number; readonly problem: string }>> = {
  HPE_HEADER_OVERFLOW: { status: 431, problem: 'its headers are longer than 16 KiB' },
  HPE_CHUNK_EXTENSIONS_OVERFLOW: { status: 413, problem: 'the extensions of its chunks are longer than 16 KiB' },
  ERR_HTTP_REQUEST_TIMEOUT: { status: 408, problem: 'it did not arrive completely in time' },
};

/**
 * Answers what never reaches a hook: requests that Node.js cannot read, and those that Fastify refuses before it looks for
 * a route. Each answer counts as a stranger's request, since nobody has been identified, and ends its connection (R18).
 */
export function beforeHooks({ quotas, answered }: BeforeHooksOptions) {
  /** @returns the error, or `too_many_requests` in its place */
  async function counted(error: PicketError, { remoteAddress }: Socket): Promise<PicketError> {
    try {
      await quotas.spend('strangers', countedAddress(remoteAddress));
      answered(error);
      return error;
    } catch (spent) {
      if (!(spent instanceof PicketError)) throw spent;
      answered(spent);
      return spent;
    }
  }

  return {
    /** For Fastify's `clientErrorHandler`. */
    clientErrorHandler(error: NodeJS.ErrnoException, socket: Socket): void {
      const { code = '' } = error;
      // Everything else concerns TLS or TCP: nobody could read an answer.
      if (unreadable[code] === undefined && !code.startsWith('HPE_')) {
        socket.destroy();
        return;
      }
      const { status, problem } = unreadable[code] ?? { status: 400, problem: 'it is not HTTP/1.1' };
      void counted(failure('invalid_request', { problem }), socket).then((answer) => {
        if (socket.writable)
          socket.write(rawAnswer(answer.code === 'invalid_request' ? status : answer.status, answer));
        socket.destroy();
      });
    },
    /** For Fastify's `frameworkErrors`: a path that cannot be decoded, or a part of it that is too long. */
    frameworkErrors(error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
      reply.header('connection', 'close');
      void counted(translated(error, request), request.raw.socket).then((answer) => sendError(reply, answer));
    },
  };
}

/**
 * Node.js answers an expectation other than `100-continue` before any hook, and keeps the connection open: one connection
 * got 40,000 such answers a second. RFC 9110 lets a server ignore it, and the hooks then count the request.
 */
export function ignoreExpectations(server: Server): void {
  server.on('checkExpectation', (request: IncomingMessage, response: ServerResponse) =>
    server.emit('request', request, response),
  );
}

function rawAnswer(status: number, error: PicketError): string {
  const body = JSON.stringify(error.toWire());
  const { retryAfterSeconds } = error.details;
  const headers = [
    'connection: close',
    'content-type: application/json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    ...(retryAfterSeconds === undefined ? [] : [`retry-after: ${String(retryAfterSeconds)}`]),
  ];
  return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${headers.join('\r\n')}\r\n\r\n${body}`;
}
