import { access, mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Test } from 'tap';
import { runToEnd } from './children.ts';

const project = join(import.meta.dirname, '../..');

/** Of the time of a build: fixed, so that another build of the same sources can be compared with it. */
export const timeOfBuild = { SOURCE_DATE_EPOCH: '1790000000' };

/**
 * What `npm run build` makes, to look at and to copy from; dist/ is the developer's. A run of the tests builds it once, for
 * the first caller; outside of such a run it is this test's own.
 */
export async function builtFor(t: Test): Promise<string> {
  const ofRun = process.env.PICKET_TEST_DISTRIBUTION;
  if (ofRun !== undefined && (await isThere(ofRun))) return ofRun;
  const folder = await mkdtemp(join(ofRun === undefined ? tmpdir() : dirname(ofRun), 'picket-dist-'));
  const configuration = `${folder}-config`;
  t.teardown(() => Promise.all([folder, configuration].map((one) => rm(one, { recursive: true, force: true }))));
  const built = await runToEnd(process.execPath, [join(project, 'scripts/build.ts'), '--out', folder], {
    env: { ...timeOfBuild, XDG_CONFIG_HOME: configuration, PICKET_APK_KEY: '' },
  });
  if (built.code !== 0) throw new Error(`the build failed:\n${built.stdout}${built.stderr}`);
  if (ofRun === undefined) return folder;
  // Where another test was quicker, what it has put there is the same.
  await rename(folder, ofRun).catch(async (error: unknown) => {
    if (!(await isThere(ofRun))) throw error;
  });
  return ofRun;
}

function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** The one Debian package of this name in a built folder, for the processor that this runs on. */
export function debOf(folder: string, name: string, version: string): string {
  const native = process.arch === 'arm64' ? 'arm64' : 'amd64';
  return join(folder, `${name}_${version}_${name === 'picket-coordinator' ? native : 'all'}.deb`);
}
