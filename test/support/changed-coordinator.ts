import { mkdir, readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { bundleCoordinator } from '../../scripts/build/programs.ts';
import { root } from '../../scripts/build/project.ts';
import { sqliteFolder } from '../../scripts/build/sqlite.ts';
import type { Mutant } from '../mutants/mutant.ts';

/** A text that occurs once in a source file, and what stands there instead. */
export type SourceChange = Pick<Mutant, 'file' | 'find' | 'replace'>;

/**
 * Builds the coordinator with changed sources, in this folder. Throws unless each text occurs once in its file.
 * @returns the file to run
 */
export async function changedCoordinator(folder: string, ...changes: readonly SourceChange[]): Promise<string> {
  const sources = new Map<string, string>();
  for (const { file, find, replace } of changes) {
    const path = join(root, file);
    const source = sources.get(path) ?? (await readFile(path, 'utf8'));
    if (source.split(find).length !== 2) throw new Error(`${file} does not have exactly one ${find}`);
    sources.set(
      path,
      source.replace(find, () => replace),
    );
  }
  const outfile = join(folder, 'picket-coordinator.cjs');
  await mkdir(join(folder, 'node_modules'), { recursive: true });
  await symlink(sqliteFolder, join(folder, 'node_modules/better-sqlite3'));
  await bundleCoordinator(outfile, [
    {
      name: 'changed-sources',
      setup: (build) =>
        build.onLoad({ filter: /\.ts$/ }, ({ path }) => {
          const contents = sources.get(path);
          return contents === undefined ? null : { contents, loader: 'ts' };
        }),
    },
  ]);
  return outfile;
}

/** The waits of `packages/coordinator/src/model/waits.ts` that a test may shorten, by their names. */
export type ShorterWaits = Readonly<Record<string, number>>;

const waitsFile = 'packages/coordinator/src/model/waits.ts';

/**
 * Builds the coordinator with shorter waits, in this folder: a test of what holds once a wait is over need not take as long
 * as the product's. Throws for a name that the file does not have, and for a wait that would not be shorter.
 * @returns the file to run
 */
export async function impatientCoordinator(folder: string, waits: ShorterWaits): Promise<string> {
  const source = await readFile(join(root, waitsFile), 'utf8');
  const changes = Object.entries(waits).map(([name, wait]): SourceChange => {
    const [find, written = ''] = new RegExp(`^export const ${name} = ([\\d_]+);$`, 'm').exec(source) ?? [];
    if (find === undefined) throw new Error(`${waitsFile} has no wait ${name}`);
    if (wait >= Number(written.replaceAll('_', '')))
      throw new Error(`${name} of ${wait} is not shorter than ${written}`);
    return { file: waitsFile, find, replace: `export const ${name} = ${wait};` };
  });
  return changedCoordinator(folder, ...changes);
}
