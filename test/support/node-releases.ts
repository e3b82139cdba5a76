import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { areExecutable, cacheFolder, type Surroundings } from './debian-packages.ts';

const run = promisify(execFile);

/** The oldest Node.js that Picket runs on, which Alpine 3.22 has. */
export const oldestNode = '22.19.0';

/**
 * The Node.js of this release, out of the npm package that carries its binary: from the user's cache, or unpacked into
 * it now. Nothing is installed. It needs a Linux with glibc.
 */
export async function ensureNode(
  release: string,
  { env, say }: Surroundings = { env: process.env, say: console.error },
  architecture: NodeJS.Architecture = process.arch,
): Promise<string> {
  const cache = cacheFolder('node', env);
  const destination = join(cache, `${release}-${architecture}`);
  const folder = join(destination, 'bin');
  if (await areExecutable(folder, ['node'])) return join(folder, 'node');

  const name = `node-${process.platform}-${architecture}@${release}`;
  say(`Unpacking npm's ${name} into ${destination} (nothing is installed) …`);
  await mkdir(cache, { recursive: true });
  // Beside its destination, so that the rename which publishes it is atomic.
  const work = await mkdtemp(join(cache, '.unpacking-'));
  try {
    await run('npm', ['pack', name, '--silent', '--pack-destination', work], { cwd: work, env });
    const [archive] = await readdir(work);
    await run('tar', ['-xzf', join(work, archive ?? ''), '-C', work, 'package/bin/node']);
    await rename(join(work, 'package'), destination).catch(async (error: unknown) => {
      // Another process was quicker; what it made is the same.
      if (!(await areExecutable(folder, ['node']))) throw error;
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return join(folder, 'node');
}
