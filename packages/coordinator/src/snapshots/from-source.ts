import { Readable } from 'node:stream';

/**
 * A stream of what this generator makes of a source. It closes the source with itself. A generator that was never started
 * could not: nobody reads the stream if the client is gone before the answer begins.
 */
export function fromSource(source: Readable, generate: (source: Readable) => AsyncGenerator<Buffer>): Readable {
  const stream = Readable.from(generate(source), { objectMode: false });
  stream.once('close', () => source.destroy());
  // Before anybody reads: the generator throws it once it is started.
  source.on('error', () => undefined);
  return stream;
}
