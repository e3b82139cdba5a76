import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';

/** Of an answer that is sent piece by piece, all that waits encrypted in memory. */
export const pieceBytes = 32 * 1024;

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
