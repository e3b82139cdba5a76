import { createReadStream } from 'node:fs';
import { PassThrough, pipeline, Readable, type Transform } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { createTarDecoder } from 'modern-tar';

/** The entries of a `.tar.gz`. If reading or unpacking fails, they end with the same error. */
export function entriesOf(path: string, through: Transform = new PassThrough()) {
  const unpacked = pipeline(createReadStream(path), createGunzip(), through, () => undefined);
  return Readable.toWeb(unpacked).pipeThrough(createTarDecoder({ strict: true }));
}

/** What zlib says of a file in words; null for an error of another kind. Pure. */
export function gzipProblem({ code }: NodeJS.ErrnoException): string | null {
  if (code === 'Z_BUF_ERROR') return 'it is truncated';
  return code?.startsWith('Z_') === true ? 'it is not a .tar.gz, or it is damaged' : null;
}
