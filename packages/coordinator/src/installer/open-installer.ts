import { hash } from 'node:crypto';
import { existsSync, realpathSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Architecture } from '@picket/shared/protocol/releases.ts';
import { type NodeArchive, openNodeArchives } from './node-archives.ts';
import { renderScript, type ScriptFacts } from './render-script.ts';

/** What the coordinator hands out to machines that join. Nothing of it is secret. */
export type Installer = NonNullable<Awaited<ReturnType<typeof openInstaller>>>;

export interface InstallerOptions extends Omit<ScriptFacts, 'agentSha256' | 'nodeAmd64' | 'nodeArm64'> {
  /** The folder where `npm run build` or a package has put the files. */
  readonly folder: string;
}

const carried = ['picket-agent', 'picket-agent.initd', 'picket-agent.confd', 'picket-agent.service'];

/**
 * Reads the files once, so that the files and the published hashes always match: replaced files take effect at the next
 * start. Null if the folder has no agent, as in a checkout that was not built.
 */
export async function openInstaller({ folder, url, pin, version }: InstallerOptions) {
  const agent = await readFile(join(folder, 'picket-agent.cjs')).catch(nullIfMissing);
  const template = await readFile(join(folder, 'install.sh'), 'utf8').catch(nullIfMissing);
  if (agent === null || template === null) return null;
  const texts = carried.map(async (name) => [name, await readFile(join(folder, name), 'utf8')] as const);
  const files = Object.fromEntries(await Promise.all(texts));
  const node = await openNodeArchives(folder);
  const ofNode = { nodeAmd64: factOf(node, 'amd64'), nodeArm64: factOf(node, 'arm64') };
  const script = renderScript(template, { url, pin, agentSha256: hash('sha256', agent), version, ...ofNode }, files);
  return { url: `${url}/install.sh`, script, sha256: hash('sha256', script), agent, agentVersion: version, node };
}

/** What the script knows of an archive: `VERSION:BYTES:SHA256`, or `none`. */
function factOf(archives: readonly NodeArchive[], wanted: Architecture): string {
  const found = archives.find(({ facts }) => facts.architecture === wanted)?.facts;
  return found === undefined ? 'none' : `${found.version}:${found.sizeBytes}:${found.sha256}`;
}

/**
 * The folder of the files for nodes, unless coordinator.yml names it: beside the program, as `npm run build` and
 * packages place them, or the dist/ of the checkout whose sources run.
 *
 * @param program the file that Node.js was started with
 */
export function installFolder(program: string): string {
  const here = dirname(realpathSync(program));
  const beside = join(here, 'install');
  return existsSync(beside) ? beside : join(here, '../../../dist/install');
}

function nullIfMissing(error: unknown): null {
  if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
  throw error;
}
