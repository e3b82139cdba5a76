import { createHash } from 'node:crypto';
import { lstatSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { HostFiles } from '@picket/agent/host/host.ts';

/** What the writer has done in each of its generations; each is acknowledged by its name and the generation's number. */
export const deeds = ['file', 'link', 'made', 'ensured', 'removed'] as const;
export type Deed = (typeof deeds)[number];

export interface Acknowledged {
  readonly deed: Deed;
  readonly generation: number;
}

/** Does the deeds of one generation in `folder`, and says each as soon as it is done. */
export async function writeGeneration(
  files: HostFiles,
  folder: string,
  generation: number,
  say: (done: Acknowledged) => void,
): Promise<void> {
  const paths = pathsOf(folder, generation);
  await files.writeWhole({ path: paths.file, content: contentOf(generation), mode: 0o600, owner: null });
  say({ deed: 'file', generation });
  await files.linkWhole(paths.link, String(generation));
  say({ deed: 'link', generation });
  await files.makeFolder(paths.made, 0o700, null);
  say({ deed: 'made', generation });
  await files.ensureFolder(paths.ensured, 0o750, null);
  say({ deed: 'ensured', generation });
  await files.writeWhole({ path: paths.removed, content: 'not for long', mode: 0o600, owner: null });
  await files.remove(paths.removed);
  say({ deed: 'removed', generation });
}

/** What is missing or not whole of that which was acknowledged, in words; nothing where all is as it must be. */
export function findFaults(folder: string, acknowledged: readonly Acknowledged[]): readonly string[] {
  return deeds.flatMap((deed) => {
    const generations = acknowledged.filter((one) => one.deed === deed).map(({ generation }) => generation);
    return faultsOf[deed](folder, generations);
  });
}

const faultsOf: Record<Deed, (folder: string, generations: readonly number[]) => readonly string[]> = {
  file(folder, generations) {
    const content = attempt(() => readFileSync(pathsOf(folder, 0).file, 'utf8'));
    if (content === undefined) return generations.length === 0 ? [] : ['the file is gone'];
    const generation = Number(/^generation (\d+)\n/.exec(content)?.[1]);
    if (content !== contentOf(generation)) return [`the file is not whole: ${content.length} characters`];
    return behind('file', generation, generations);
  },
  link(folder, generations) {
    const target = attempt(() => readlinkSync(pathsOf(folder, 0).link));
    if (target === undefined) return generations.length === 0 ? [] : ['the link is gone'];
    return behind('link', Number(target), generations);
  },
  made: (folder, generations) => missingFolders(generations, (generation) => pathsOf(folder, generation).made, 0o700),
  ensured: (folder, generations) =>
    missingFolders(generations, (generation) => pathsOf(folder, generation).ensured, 0o750),
  removed: (folder, generations) =>
    generations
      .filter((generation) => attempt(() => lstatSync(pathsOf(folder, generation).removed)) !== undefined)
      .map((generation) => `what was removed in generation ${generation} is back`),
};

function behind(deed: Deed, found: number, generations: readonly number[]): readonly string[] {
  const last = Math.max(0, ...generations);
  return found >= last ? [] : [`the ${deed} is of generation ${found}, and ${last} was acknowledged`];
}

function missingFolders(
  generations: readonly number[],
  pathOf: (generation: number) => string,
  mode: number,
): readonly string[] {
  return generations.flatMap((generation) => {
    const path = pathOf(generation);
    const found = attempt(() => lstatSync(path));
    if (found?.isDirectory() !== true) return [`the folder ${path} is gone`];
    return (found.mode & 0o777) === mode ? [] : [`the folder ${path} has the mode ${(found.mode & 0o777).toString(8)}`];
  });
}

function pathsOf(folder: string, generation: number) {
  return {
    file: join(folder, 'file'),
    link: join(folder, 'link'),
    made: join(folder, `made-${generation}`),
    ensured: join(folder, `ensured-${generation}`, 'deep'),
    removed: join(folder, `removed-${generation}`),
  };
}

/** Several blocks of a disk, of another length and other octets in each generation, so that no mix of two passes. */
function contentOf(generation: number): string {
  const line = createHash('sha256').update(String(generation)).digest('base64');
  return `generation ${generation}\n${`${line}\n`.repeat(100 + ((generation * 37) % 300))}`;
}

function attempt<Found>(look: () => Found): Found | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}
