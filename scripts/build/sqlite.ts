import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { placeCopy, placeText } from './place.ts';
import { root } from './project.ts';

/** The systems that a coordinator runs on, by the names of better-sqlite3's binaries. */
const sqliteTargets = ['linux-x64', 'linux-arm64', 'linuxmusl-x64', 'linuxmusl-arm64'] as const;

const resolve = createRequire(join(root, 'packages/coordinator/package.json'));

/** Where better-sqlite3 lies among the dependencies. */
export const sqliteFolder = dirname(resolve.resolve('better-sqlite3/package.json'));

/**
 * Copies of better-sqlite3 what runs: its JavaScript and the binaries for these systems, as its own package brings
 * them. Its one dependency holds headers for compiling, and nothing that is loaded.
 */
export async function placeSqlite(to: string, targets: readonly string[] = sqliteTargets): Promise<void> {
  const others = /^(?:linux|linuxmusl|darwin|win32)-(?:x64|arm64)\.js$/;
  for (const entry of await readdir(join(sqliteFolder, 'lib'), { recursive: true, withFileTypes: true })) {
    // Entry points for one system each; the coordinator uses the one that finds out.
    if (!entry.isFile() || others.test(entry.name)) continue;
    const file = join(entry.parentPath, entry.name);
    await placeCopy(file, join(to, file.slice(sqliteFolder.length)), 0o644);
  }
  for (const target of targets) {
    const binary = `prebuilds/${target}.node`;
    await placeCopy(join(sqliteFolder, binary), join(to, binary), 0o644);
  }
  await placeCopy(join(sqliteFolder, 'LICENSE'), join(to, 'LICENSE'), 0o644);
  const { name, version, license, main } = JSON.parse(
    await readFile(join(sqliteFolder, 'package.json'), 'utf8'),
  ) as Record<string, string>;
  await placeText(join(to, 'package.json'), `${JSON.stringify({ name, version, license, main }, null, 2)}\n`, 0o644);
}
