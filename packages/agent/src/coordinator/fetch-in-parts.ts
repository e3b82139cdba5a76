import { createHash, type Hash } from 'node:crypto';
import type { PartWriter } from '../host/files/part-file.ts';
import { backoffMs } from './backoff.ts';
import { RemoteError } from './remote-error.ts';

/** Size and hash of the wanted file. */
interface Wanted {
  readonly sizeBytes: number;
  readonly sha256: string;
}

/** What an earlier attempt has left of the file: its octets, and the hash that has seen them. */
interface Begun {
  readonly hash: Hash;
  readonly received: number;
}

/** After a restart of the coordinator or a broken connection, a download of an hour need not start again. */
const mostTries = 6;

/**
 * Fetches a file part by part and hashes it. Retries a missing part for half a minute; does not retry a refused one.
 * Resolves to null if the file is the wanted one, else to what is wrong. Rejects as `read` does.
 *
 * @param read resolves to a part from this offset on, empty at the end
 */
export async function fetchInParts(
  { sizeBytes, sha256 }: Wanted,
  read: (offset: number) => Promise<Buffer>,
  writer: PartWriter,
  sleep: (ms: number) => Promise<void>,
  { hash, received: begun }: Begun = { hash: createHash('sha256'), received: 0 },
): Promise<string | null> {
  let received = begun;
  while (received < sizeBytes) {
    const part = await readPart(() => read(received), sleep);
    if (part.length === 0) break;
    hash.update(part);
    await writer.append(part);
    received += part.length;
  }
  const found = hash.digest('hex');
  if (received === sizeBytes && found === sha256) return null;
  return `it has ${received} bytes and the hash ${found}, but should have ${sizeBytes} and ${sha256}`;
}

async function readPart(read: () => Promise<Buffer>, sleep: (ms: number) => Promise<void>): Promise<Buffer> {
  for (let failures = 1; ; failures += 1) {
    try {
      return await read();
    } catch (error) {
      const refused = error instanceof RemoteError && error.status < 500;
      if (refused || failures === mostTries) throw error;
    }
    await sleep(backoffMs(failures, 1));
  }
}
