import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder, hasDebianPackages, type Surroundings } from '../support/debian-packages.ts';

interface CachedRoot {
  /** The folder in the user's cache. */
  readonly name: string;
  /** Whatever makes a difference to the root, beside the architecture and the Node.js of this machine. */
  readonly recipe: readonly (string | Buffer)[];
  /** What is made, for the line that says so. */
  readonly what: string;
}

/**
 * The root file system of a machine that is made of Debian packages: from the user's cache, or made now and put there. Another
 * recipe gives it another name. For root, on a machine with apt; nothing is installed on it.
 *
 * @param make makes the root in an empty folder, and returns its path there
 */
export async function cachedRoot(
  { name, recipe, what }: CachedRoot,
  { env, say }: Surroundings,
  make: (work: string) => Promise<string>,
): Promise<string> {
  const hash = createHash('sha256').update(`${process.version} ${process.arch}`);
  for (const part of recipe) hash.update(part);
  const cache = cacheFolder(name, env);
  const root = join(cache, `root-${hash.digest('hex').slice(0, 16)}`);
  if (await exists(root)) return root;
  if (!(await hasDebianPackages(env))) throw new Error(`${what} is made of Debian packages, and there is no apt here.`);

  say(`Making ${what} in ${cache} (nothing is installed) …`);
  await mkdir(cache, { recursive: true });
  // Beside its destination, so that the rename which publishes it is atomic.
  const work = await mkdtemp(join(cache, '.making-'));
  try {
    await rename(await make(work), root).catch(async (error: unknown) => {
      // Another process was quicker; what it made is the same.
      if (!(await exists(root))) throw error;
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return root;
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
