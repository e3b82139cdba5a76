import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { failure } from '@picket/shared/errors.ts';
import type { SnapshotRecord } from '../inventory/inventory.ts';
import { fromSource } from './from-source.ts';

/**
 * Streams the content, and ends only once all of it has the recorded size and hash: a reader that counts the bytes
 * never takes another content for a whole snapshot. Breaks off with `snapshot_damaged`.
 */
export function wholeStream(content: Readable, record: SnapshotRecord): Readable {
  return fromSource(content, (source) => checked(source, record));
}

async function* checked(content: Readable, { id, sizeBytes, sha256 }: SnapshotRecord): AsyncGenerator<Buffer> {
  const hash = createHash('sha256');
  let came = 0;
  let last: Buffer | null = null;
  for await (const chunk of content as AsyncIterable<Buffer>) {
    if (last !== null) yield last;
    hash.update(chunk);
    came += chunk.length;
    last = chunk;
    if (came > sizeBytes) break;
  }
  if (came !== sizeBytes || hash.digest('hex') !== sha256) {
    throw failure('snapshot_damaged', {
      id,
      problem: `${came} bytes arrived, with another hash than when it was taken`,
    });
  }
  if (last !== null) yield last;
}
