import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';

export interface Measured {
  readonly bytes: number;
  /** In hexadecimal. */
  readonly sha256: string;
}

/** Size and hash of a file, by reading it once. */
export function measure(path: string): Promise<Measured> {
  return measureContent(createReadStream(path));
}

/** The same of what is read from elsewhere. */
export async function measureContent(content: AsyncIterable<Uint8Array>): Promise<Measured> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of content) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  return { bytes, sha256: hash.digest('hex') };
}
