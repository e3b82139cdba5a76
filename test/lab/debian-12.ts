import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { debianArchive, type Surroundings, unpackDebianPrograms } from '../support/debian-packages.ts';
import { cachedRoot } from './cached-root.ts';

const run = promisify(execFile);

/** Beside the least that Debian is: what a usual installation has, and the etcd of Debian 12. */
const packages = ['systemd', 'systemd-sysv', 'systemd-timesyncd', 'wget', 'etcd-server', 'etcd-client'];

/**
 * The root of a Debian 12 that debootstrap has installed, with etcd 3.4 and its service, which starts at boot, as Debian
 * sets it up. It has no Node.js. From the user's cache, or made now.
 */
export async function ensureDebian12(
  surroundings: Surroundings = { env: process.env, say: console.error },
): Promise<string> {
  const recipe = [await readFile(import.meta.filename)];
  return cachedRoot({ name: 'debian-12', recipe, what: 'a Debian 12 for tests' }, surroundings, async (work) => {
    const { site, keys } = await debianArchive(surroundings.env);
    const tool = await unpackedDebootstrap(surroundings);
    const root = join(work, 'root');
    const options = ['--variant=minbase', `--include=${packages.join(',')}`];
    if (keys !== null) options.push(`--keyring=${keys}`);
    // What it mounts in the root is gone with its mount namespace.
    const own = ['--mount', '--propagation', 'private', 'sh', join(tool, 'usr/sbin/debootstrap')];
    await run('unshare', [...own, ...options, 'bookworm', root, site], {
      env: { ...surroundings.env, LC_ALL: 'C', DEBOOTSTRAP_DIR: join(tool, 'usr/share/debootstrap') },
    });
    await run('chroot', [root, 'apt-get', 'clean']);
    return root;
  });
}

async function unpackedDebootstrap(surroundings: Surroundings): Promise<string> {
  const programs = { name: 'debootstrap', packages: ['debootstrap'], executables: ['../sbin/debootstrap'] };
  const folder = await unpackDebianPrograms(programs, surroundings);
  if (folder === undefined) throw new Error('debootstrap is a Debian package, and there is no apt here.');
  return dirname(dirname(folder));
}
