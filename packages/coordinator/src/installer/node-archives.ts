import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { HandedOutNode } from '@picket/shared/protocol/installer.ts';
import { architectureOf } from '@picket/shared/protocol/releases.ts';

/** A Node.js to hand out, as it was when the coordinator started. */
export interface NodeArchive {
  readonly file: string;
  readonly facts: HandedOutNode;
}

const named = /^node-linux-(x64|arm64)-(\d+\.\d+\.\d+)\.tgz$/;

/**
 * The archives of Node.js in a folder, one for each architecture. They are hashed piece by piece and not kept in memory: each
 * has 53 MB. What replaces a file later does not have the hash in the install script, so no machine uses it.
 */
export async function openNodeArchives(folder: string): Promise<readonly NodeArchive[]> {
  const found = new Map<string, NodeArchive>();
  for (const name of (await readdir(folder)).sort()) {
    const [, processor, version] = named.exec(name) ?? [];
    const architecture = architectureOf(processor ?? '');
    if (architecture === null || version === undefined) continue;
    const file = join(folder, name);
    const hash = createHash('sha256');
    for await (const piece of createReadStream(file)) hash.update(piece as Buffer);
    const { size: sizeBytes } = await stat(file);
    found.set(architecture, { file, facts: { architecture, version, sha256: hash.digest('hex'), sizeBytes } });
  }
  return [...found.values()].sort((a, b) => (a.facts.architecture < b.facts.architecture ? -1 : 1));
}
