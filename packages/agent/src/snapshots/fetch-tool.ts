import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { ToolOrder } from '@picket/shared/protocol/releases.ts';
import { inWords } from '@picket/shared/reasons/in-words.ts';
import { removeTree } from '../host/files/remove-tree.ts';
import type { HostFiles, Owner } from '../host/host.ts';
import { restoreProblem } from '../host/restore-program.ts';
import { fetchProgram, hashOf, type ProgramSource, programObstacle } from '../programs/fetch-program.ts';

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

/**
 * Fetches the etcdutl that the desired state names, unless this node has it, and removes any other. It is whole and has
 * the given hash (R9). Resolves to its path. Throws an Error with the reason if it cannot be used.
 */
export async function fetchTool(
  { sha256, sizeBytes }: ToolOrder,
  coordinator: ProgramSource,
  place: ToolPlace,
): Promise<string> {
  const { stateDir, owner, files, sleep } = place;
  const obstacle = await programObstacle(stateDir, owner);
  if (obstacle !== null) throw new Error(inWords(obstacle));
  const folder = toolFolder(stateDir);
  await files.ensureFolder(folder, 0o755, null);
  await files.guard({ path: folder, mode: 0o755 }, owner);
  const path = join(folder, `etcdutl-${sha256}`);
  if ((await hashOf(path)) !== sha256) {
    // An SD card has little room: one is enough.
    const part = `${basename(path)}.part`;
    for (const name of await readdir(folder)) if (name !== part) await removeTree(join(folder, name));
    const problem = await fetchProgram({ sha256, sizeBytes }, path, coordinator, sleep);
    if (problem !== null) throw new Error(`the etcdutl of the release store did not arrive whole: ${problem}`);
  }
  const problem = await restoreProblem(path, owner);
  if (problem !== null) throw new Error(`the etcdutl of the release store cannot be used on this node: ${problem}`);
  return path;
}
