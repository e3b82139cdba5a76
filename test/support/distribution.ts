import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
import { runToEnd } from './children.ts';

const project = join(import.meta.dirname, '../..');

/** What `npm run build` makes, in a folder of this test's own; dist/ is the developer's. */
export async function builtFor(t: Test): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'picket-dist-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const built = await runToEnd(process.execPath, [join(project, 'scripts/build.ts'), '--out', folder]);
  if (built.code !== 0) throw new Error(`the build failed:\n${built.stdout}${built.stderr}`);
  return folder;
}

/** The one Debian package of this name in a built folder, for the processor that this runs on. */
export function debOf(folder: string, name: string, version: string): string {
  const native = process.arch === 'arm64' ? 'arm64' : 'amd64';
  return join(folder, `${name}_${version}_${name === 'picket-coordinator' ? native : 'all'}.deb`);
}
