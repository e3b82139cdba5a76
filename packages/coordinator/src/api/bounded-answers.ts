import type { FastifyReply, FastifyRequest } from 'fastify';
import plugin from 'fastify-plugin';
import { countedAddress } from '../connections/client-address.ts';
import { type UnreadLimits, unreadAnswers } from '../connections/unread-answers.ts';
import { inPieces, pieceBytes } from './in-pieces.ts';

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
      const octets = typeof payload === 'string' ? Buffer.from(payload) : payload;
      const client = request.principal?.uri ?? countedAddress(request.raw.socket.remoteAddress);
      raw.once('close', () => unread.end(raw));
      for (const other of unread.begin(raw, client, octets.length)) other.destroy();
      return inPieces(reply, octets);
    }
  },
  { name: 'bounded-answers', dependencies: ['mutual-tls', 'audited-routes'] },
);
