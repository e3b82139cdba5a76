import { mkdir, readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { bundleCoordinator } from '../../scripts/build/programs.ts';
import { root } from '../../scripts/build/project.ts';
import { sqliteFolder } from '../../scripts/build/sqlite.ts';
import { readSource } from '../mutants/source.ts';
import { editOf, type SourceChange } from '../mutants/source-change.ts';
import { rewritten } from '../mutants/splice.ts';

/**
 * Builds the coordinator with changed sources, in this folder. Throws unless each guard is in one place of its file.
 * @returns the file to run
 */
export async function changedCoordinator(folder: string, ...changes: readonly SourceChange[]): Promise<string> {
  const sources = new Map<string, string>();
  for (const change of changes) {
    const path = join(root, change.file);
    const text = sources.get(path) ?? (await readFile(path, 'utf8'));
    sources.set(path, rewritten(text, [editOf(readSource(text), change)]));
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
    const [, written] = new RegExp(`^export const ${name} = ([^;]+);$`, 'm').exec(source) ?? [];
    if (written === undefined) throw new Error(`${waitsFile} has no wait ${name}`);
    if (wait >= Number(written.replaceAll('_', '')))
      throw new Error(`${name} of ${wait} is not shorter than ${written}`);
    return { file: waitsFile, guard: `const ${name} = ${written};`, without: `const ${name} = ${wait};` };
  });
  return changedCoordinator(folder, ...changes);
}
