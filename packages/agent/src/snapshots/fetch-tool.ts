import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { chmod, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ToolOrder } from '@picket/shared/protocol/releases.ts';
import { inWords } from '@picket/shared/reasons/in-words.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import type { CoordinatorClient } from '../coordinator/client.ts';
import { noexecMount } from '../host/file-system.ts';
import { writeInParts } from '../host/files/part-file.ts';
import { removeTree } from '../host/files/remove-tree.ts';
import type { HostFiles, Owner } from '../host/host.ts';
import { restoreProblem } from '../host/restore-program.ts';
import { fetchInParts } from './fetch-in-parts.ts';

export type ToolSource = Pick<CoordinatorClient, 'readRelease'>;

/** The folder for an etcdutl from the coordinator's release store. It belongs to root; etcd's user runs the program. */
export function toolFolder(stateDir: string): string {
  return join(stateDir, 'tools');
}

interface ToolPlace {
  readonly stateDir: string;
  /** The user that it runs as. */
  readonly owner: Owner | null;
  readonly files: HostFiles;
  readonly sleep: (ms: number) => Promise<void>;
}

/** Why no fetched program can run on this node; null if one can. */
export async function toolObstacle({ stateDir, owner }: Pick<ToolPlace, 'stateDir' | 'owner'>): Promise<Reason | null> {
  const uid = owner?.uid ?? process.getuid?.() ?? null;
  // Root installed the node's own packages; this program came over the network.
  if (uid === 0) return reason('tool_would_run_as_root');
  const mountPoint = await noexecMount(stateDir);
  if (mountPoint === null) return null;
  return reason('tool_folder_noexec', { path: stateDir, mountPoint });
}

/**
 * Fetches the etcdutl that the desired state names, unless this node has it, and removes any other. It is whole and has
 * the given hash (R9). Resolves to its path. Throws an Error with the reason if it cannot be used.
 */
export async function fetchTool(
  { sha256, sizeBytes }: ToolOrder,
  coordinator: ToolSource,
  place: ToolPlace,
): Promise<string> {
  const { stateDir, owner, files, sleep } = place;
  const obstacle = await toolObstacle(place);
  if (obstacle !== null) throw new Error(inWords(obstacle));
  const folder = toolFolder(stateDir);
  await files.ensureFolder(folder, 0o755, null);
  await files.guard({ path: folder, mode: 0o755 }, owner);
  const path = join(folder, `etcdutl-${sha256}`);
  if ((await hashOf(path)) !== sha256) {
    // An SD card has little room: one is enough.
    for (const name of await readdir(folder)) await removeTree(join(folder, name));
    await writeInParts(path, async (writer) => {
      const read = (offset: number) => coordinator.readRelease(sha256, offset);
      const problem = await fetchInParts({ sha256, sizeBytes }, read, writer, sleep);
      if (problem !== null) throw new Error(`the etcdutl of the release store did not arrive whole: ${problem}`);
    });
  }
  await chmod(path, 0o755);
  const problem = await restoreProblem(path, owner);
  if (problem !== null) throw new Error(`the etcdutl of the release store cannot be used on this node: ${problem}`);
  return path;
}

/** null if the file does not exist. */
async function hashOf(path: string): Promise<string | null> {
  const hash = createHash('sha256');
  try {
    for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  } catch {
    return null;
  }
  return hash.digest('hex');
}
