import { type FileHandle, open } from 'node:fs/promises';
import { failure } from '@picket/shared/errors.ts';
import { mostReleaseFileBytes, releasePartBytes } from '@picket/shared/protocol/releases.ts';
import { fileProblem } from '../file-problem.ts';

/** A file of hashes with more bytes than this is none. */
const mostSumsBytes = 1024 * 1024;

/** The hash of the file of this name in a SHA256SUMS, as sha256sum(1) writes it. Throws `release_file_unreadable`. */
export async function hashIn(sums: string, name: string): Promise<string> {
  const text = await withFile(sums, async (parts) => {
    let read = '';
    for await (const part of parts()) {
      read += Buffer.from(part).toString('latin1');
      if (read.length > mostSumsBytes) throw sumsProblem(sums, 'it is too long for a list of hashes');
    }
    return read;
  });
  const hashes = text.split(/\r?\n/).flatMap((line) => {
    const [, hash, named] = /^([0-9a-f]{64}) [ *](.+)$/i.exec(line) ?? [];
    return hash !== undefined && named === name ? [hash.toLowerCase()] : [];
  });
  const [hash, other] = new Set(hashes);
  if (hash === undefined) throw sumsProblem(sums, `it has no hash for a file named ${name}`);
  if (other !== undefined) throw sumsProblem(sums, `it has several hashes for ${name}`);
  return hash;
}

function sumsProblem(file: string, problem: string) {
  return failure('release_file_unreadable', { file, problem });
}

export type Parts = () => AsyncIterable<Uint8Array>;

/** Throws `release_file_unreadable`, and what `use` throws. */
export async function withFile<Result>(path: string, use: (parts: Parts) => Promise<Result>): Promise<Result> {
  let file: FileHandle;
  try {
    file = await open(path, 'r');
  } catch (error) {
    throw unreadable(path, error);
  }
  try {
    const facts = await file.stat();
    if (!facts.isFile()) throw failure('release_file_unreadable', { file: path, problem: 'it is not a file' });
    if (facts.size > mostReleaseFileBytes) {
      const problem = `it has more than ${mostReleaseFileBytes} bytes, which is more than an etcd release has`;
      throw failure('release_file_unreadable', { file: path, problem });
    }
    return await use(() => partsOf(file, path));
  } finally {
    await file.close();
  }
}

async function* partsOf(file: FileHandle, path: string): AsyncGenerator<Uint8Array> {
  for (let offset = 0; ; ) {
    const { buffer, bytesRead } = await file
      .read(Buffer.alloc(releasePartBytes), 0, releasePartBytes, offset)
      .catch((error: unknown) => Promise.reject(unreadable(path, error)));
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
    offset += bytesRead;
  }
}

function unreadable(file: string, error: unknown) {
  return failure('release_file_unreadable', { file, problem: fileProblem(error) }, { cause: error });
}
