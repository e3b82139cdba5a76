import { mkdir, readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { bundleCoordinator } from '../../scripts/build/programs.ts';
import { root } from '../../scripts/build/project.ts';
import { sqliteFolder } from '../../scripts/build/sqlite.ts';
import type { Mutant } from '../mutants/mutant.ts';

/**
 * Builds the coordinator with one guard taken out, in this folder. Throws unless the guard occurs once in its file.
 * @returns the file to run
 */
export async function mutatedCoordinator(
  folder: string,
  { file, find, replace }: Pick<Mutant, 'file' | 'find' | 'replace'>,
): Promise<string> {
  const path = join(root, file);
  const source = await readFile(path, 'utf8');
  if (source.split(find).length !== 2) throw new Error(`${file} does not have exactly one ${find}`);
  const contents = source.replace(find, () => replace);
  const outfile = join(folder, 'picket-coordinator.cjs');
  await mkdir(join(folder, 'node_modules'), { recursive: true });
  await symlink(sqliteFolder, join(folder, 'node_modules/better-sqlite3'));
  await bundleCoordinator(outfile, [
    {
      name: 'mutant',
      setup: (build) =>
        build.onLoad({ filter: /\.ts$/ }, (loaded) => (loaded.path === path ? { contents, loader: 'ts' } : null)),
    },
  ]);
  return outfile;
}
