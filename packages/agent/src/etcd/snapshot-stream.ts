import { connectionTo } from '../http/connection.ts';
import { connectionProblem } from '../http/connection-problem.ts';
import { DeadlineError, stream } from '../http/stream.ts';
import { type EtcdEndpoint, EtcdError } from './etcd.ts';
import { gatewayError } from './gateway-error.ts';
import { objectFrom, textFrom } from './gateway-json.ts';

/** etcd answers at once and then reads from its disk. */
const silenceMs = 60_000;
const mostLineBytes = 1024 * 1024;
const unavailable = 14;
const unknown = 2;

/**
 * Streams a snapshot of one etcd through its gateway: one line of JSON for about 32 KiB, the last with the hash of all
 * before it. It uses its own connection, since it takes long. Throws EtcdError; discard what arrived until then.
 */
export async function* snapshotStream(
  { clientUrl, ...proofs }: EtcdEndpoint,
  signal: AbortSignal,
): AsyncGenerator<Buffer, void> {
  const client = connectionTo(clientUrl, proofs, 5000);
  try {
    const request = {
      method: 'POST',
      path: '/v3/maintenance/snapshot',
      body: {},
      silenceMs,
      signal,
      closeAfter: true,
    } as const;
    for await (const line of linesOf(stream(client, request, requireSnapshot))) yield blobOf(line);
  } catch (error) {
    if (error instanceof EtcdError || signal.aborted) throw error;
    throw inWords(error);
  } finally {
    await client.destroy();
  }
}

function requireSnapshot(status: number): void {
  if (status !== 200) throw new EtcdError(unknown, `etcd gave no snapshot: it answered with status ${status}`);
}

async function* linesOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<string, void> {
  let rest = '';
  for await (const chunk of chunks) {
    const lines = (rest + chunk.toString('latin1')).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > mostLineBytes) throw new EtcdError(unknown, "a line of etcd's snapshot is too long");
    for (const line of lines) if (line !== '') yield line;
  }
  if (rest !== '') yield rest;
}

function blobOf(line: string): Buffer {
  const { result, error } = parsed(line);
  if (error !== undefined) throw gatewayError(error) ?? new EtcdError(unknown, 'etcd broke the snapshot off');
  return Buffer.from(textFrom(objectFrom(result).blob), 'base64');
}

function parsed(line: string) {
  try {
    return objectFrom(JSON.parse(line));
  } catch (cause) {
    throw new EtcdError(unknown, 'the snapshot was cut off', { cause });
  }
}

function inWords(error: unknown): EtcdError {
  const cause = { cause: error };
  if (error instanceof DeadlineError) return new EtcdError(unavailable, `etcd stopped sending the snapshot`, cause);
  return new EtcdError(unavailable, `etcd cannot be reached: ${connectionProblem(error)}`, cause);
}
