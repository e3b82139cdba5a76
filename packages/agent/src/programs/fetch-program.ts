import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { chmod, open, rm, stat } from 'node:fs/promises';
import type { ToolOrder } from '@picket/shared/protocol/releases.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import { putInPlace } from '@picket/shared/whole-file.ts';
import type { CoordinatorClient } from '../coordinator/client.ts';
import { fetchInParts } from '../coordinator/fetch-in-parts.ts';
import { writeFailure } from '../host/file-failure.ts';
import { noexecMount } from '../host/file-system.ts';
import type { Owner } from '../host/host.ts';

export type ProgramSource = Pick<CoordinatorClient, 'readRelease'>;

/**
 * Why no fetched program can run on this node; null if one can.
 *
 * @param owner the user that it runs as; null: the user that runs the agent
 */
export async function programObstacle(stateDir: string, owner: Owner | null): Promise<Reason | null> {
  const uid = owner?.uid ?? process.getuid?.() ?? null;
  // Root installed the node's own packages; this program came over the network.
  if (uid === 0) return reason('tool_would_run_as_root');
  const mountPoint = await noexecMount(stateDir);
  return mountPoint === null ? null : reason('tool_folder_noexec', { path: stateDir, mountPoint });
}

/** A program of the coordinator's release store, as {@link fetchWhole} fetches it. */
export function fetchProgram(
  wanted: Pick<ToolOrder, 'sha256' | 'sizeBytes'>,
  path: string,
  coordinator: ProgramSource,
  sleep: (ms: number) => Promise<void>,
): Promise<string | null> {
  return fetchWhole(wanted, path, 0o755, (offset) => coordinator.readRelease(wanted.sha256, offset), sleep);
}

/**
 * Fetches a file of the coordinator. A part that an earlier attempt has left is continued. The file appears whole, on the disk, with
 * the given hash and mode, or not at all (R9). Resolves to what was wrong with it; null if nothing. Throws `disk_full`,
 * `path_not_writable` and what `read` throws.
 */
export async function fetchWhole(
  { sha256, sizeBytes }: Pick<ToolOrder, 'sha256' | 'sizeBytes'>,
  path: string,
  mode: number,
  read: (offset: number) => Promise<Buffer>,
  sleep: (ms: number) => Promise<void>,
): Promise<string | null> {
  const part = `${path}.part`;
  const explain = (error: unknown): never => {
    throw writeFailure(path, error);
  };
  const file = await open(part, 'a', 0o600).catch(explain);
  let problem: string | null;
  try {
    const hash = createHash('sha256');
    const there = await hashInto(hash, part, sizeBytes);
    if (there === null) await file.truncate(0);
    const begun = there === null ? { hash: createHash('sha256'), received: 0 } : { hash, received: there };
    const writer = { append: (octets: Uint8Array) => file.appendFile(octets).catch(explain) };
    problem = await fetchInParts({ sha256, sizeBytes }, read, writer, sleep, begun);
    await file.sync().catch(explain);
  } finally {
    await file.close();
  }
  if (problem !== null) {
    await rm(part, { force: true });
    return problem;
  }
  await chmod(part, mode);
  await putInPlace(part, path).catch(explain);
  return null;
}

/** The hash of a file; null if it does not exist or cannot be read. */
export async function hashOf(path: string): Promise<string | null> {
  const hash = createHash('sha256');
  return (await hashInto(hash, path, Number.POSITIVE_INFINITY)) === null ? null : hash.digest('hex');
}

/** Feeds a file to the hash. Resolves to its size; null if it cannot be read or is larger than this. */
async function hashInto(hash: ReturnType<typeof createHash>, path: string, most: number): Promise<number | null> {
  try {
    if ((await stat(path)).size > most) return null;
    let size = 0;
    for await (const chunk of createReadStream(path)) {
      hash.update(chunk as Buffer);
      size += (chunk as Buffer).length;
    }
    return size;
  } catch {
    return null;
  }
}
