import { mkdir, mkdtemp, rename, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Plugin } from 'esbuild';
import type { BuildTime } from './build-time.ts';
import { bundle } from './bundle.ts';
import { sqliteFolder } from './sqlite.ts';
import { withoutSecondParser, withoutUnusedParts } from './unused-parts.ts';

/**
 * The agent in one file, which needs only Node.js. It contains the time of its build (R14).
 *
 * @param entry another main file, to measure a part of the agent
 */
export function bundleAgent(
  outfile: string,
  { seconds }: Pick<BuildTime, 'seconds'>,
  entry = 'packages/agent/src/main.ts',
): Promise<readonly string[]> {
  const builtAt = new Date(seconds * 1000).toISOString();
  return bundle({
    entry,
    outfile,
    define: { PICKET_BUILD_TIME: JSON.stringify(builtAt), ...withoutSecondParser },
    plugins: [withoutUnusedParts()],
    shortNames: true,
  });
}

/** The coordinator, which needs better-sqlite3 in a node_modules beside it or above. */
export function bundleCoordinator(outfile: string, plugins: readonly Plugin[] = []): Promise<readonly string[]> {
  return bundle({ entry: 'packages/coordinator/src/main.ts', outfile, external: ['better-sqlite3'], plugins });
}

/** The operator's `picket`. */
export function bundleCli(outfile: string): Promise<readonly string[]> {
  return bundle({ entry: 'packages/cli/src/main.ts', outfile });
}

/**
 * The programs of this machine alone, in the least time: what the demo and tests run. Each program is there under its own
 * name too, for a folder on PATH. What was in the folder is replaced file by file.
 */
export async function buildPrograms(folder: string, time: BuildTime): Promise<void> {
  await mkdir(folder, { recursive: true });
  // Beside their places: another run of the tests may be starting what is there.
  const work = await mkdtemp(join(folder, '.building-'));
  try {
    await Promise.all([
      bundleAgent(join(work, 'picket-agent.cjs'), time),
      bundleCoordinator(join(work, 'picket-coordinator.cjs')),
      bundleCli(join(work, 'picket.cjs')),
    ]);
    await mkdir(join(folder, 'node_modules'), { recursive: true });
    await symlink(sqliteFolder, join(work, 'better-sqlite3'));
    await rename(join(work, 'better-sqlite3'), join(folder, 'node_modules/better-sqlite3'));
    for (const name of ['picket-agent', 'picket-coordinator', 'picket']) {
      const file = `${name}.cjs`;
      await rename(join(work, file), join(folder, file));
      await symlink(file, join(work, name));
      await rename(join(work, name), join(folder, name));
    }
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
