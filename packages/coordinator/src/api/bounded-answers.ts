import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import plugin from 'fastify-plugin';
import { countedAddress } from '../connections/client-address.ts';
import { type UnreadLimits, unreadAnswers } from '../connections/unread-answers.ts';

/** Of an answer that is sent piece by piece, all that waits encrypted in memory. */
export const pieceBytes = 32 * 1024;

/**
 * Sends each large answer piece by piece, and bounds what waits in memory for clients that do not read, for each client and in
 * all (R18): answers beyond that are cut off with their connections. Register it after what looks at answers.
 */
export const boundedAnswers = plugin<{ readonly limits: UnreadLimits }>(
  async (app, { limits }) => {
    const unread = unreadAnswers<FastifyReply['raw']>(limits);

    app.addHook('onRoute', (route) => {
      // The answers to nodes are small, and unchanged is the most frequent one of all.
      if (route.config?.access === 'node') return;
      route.onSend = [route.onSend ?? [], bounded].flat();
    });

    async function bounded(request: FastifyRequest, reply: FastifyReply, payload: unknown): Promise<unknown> {
      if (typeof payload !== 'string' && !Buffer.isBuffer(payload)) return payload;
      if (payload.length <= pieceBytes || request.method === 'HEAD') return payload;
      const { raw } = reply;
      // Its client has gone: nothing of it will wait.
      if (raw.destroyed) return payload;
      const client = request.principal?.uri ?? countedAddress(request.raw.socket.remoteAddress);
      raw.once('close', () => unread.end(raw));
      for (const other of unread.begin(raw, client, Buffer.byteLength(payload))) other.destroy();
      return inPieces(reply, payload);
    }
  },
  { name: 'bounded-answers', dependencies: ['mutual-tls', 'audited-routes'] },
);

/**
 * An answer of known length, sent piece by piece as the client reads it. If it were sent at once, a whole answer would
 * wait encrypted in memory for a client that does not read, for each connection of a stranger (R18).
 */
export function inPieces(reply: FastifyReply, content: string | Buffer): Readable {
  const octets = typeof content === 'string' ? Buffer.from(content) : content;
  reply.header('content-length', octets.length);
  return Readable.from(piecesOf(octets), { objectMode: false, highWaterMark: pieceBytes });
}

function* piecesOf(octets: Buffer): Generator<Buffer> {
  for (let from = 0; from < octets.length; from += pieceBytes) yield octets.subarray(from, from + pieceBytes);
}
