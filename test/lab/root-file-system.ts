import { execFile } from 'node:child_process';
import { chmod, constants, copyFile, cp, link, mkdir, readdir, readFile, rm, stat, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { downloadDebianPackages, type Surroundings } from '../support/debian-packages.ts';
import { programs as etcdPrograms, givenEtcd } from '../support/etcd-binaries.ts';
import { cachedRoot } from './cached-root.ts';

const run = promisify(execFile);

/** By name; what they depend on comes with them. */
// busybox is the userland, as it is Alpine's. Not busybox-static, whose shell runs its own applets instead of the programs of that name on PATH, such as OpenRC's start-stop-daemon.
export const packages = ['openrc', 'busybox', 'etcd-server', 'etcd-client', 'curl', 'libstdc++6'];

// Debian's OpenRC complains on every call where it has no insserv.conf.d.
const folders = [
  'dev',
  'mnt',
  'proc',
  'root',
  'run',
  'sys',
  'var/log',
  'var/lib',
  'etc/profile.d',
  'etc/insserv.conf.d',
];

const links = { bin: 'usr/bin', sbin: 'usr/sbin', lib: 'usr/lib', lib64: 'usr/lib64', 'var/run': '/run' };

// Debian's etcd brings a service of its own, which Picket would rightly not touch (R13).
const unwanted = [
  ...['apt', 'default', 'init.d', 'insserv', 'insserv.conf.d', 'pam.d', 'systemd'].map((name) => `etc/${name}`),
  ...['0', '1', '2', '3', '4', '5', '6', 'S'].map((level) => `etc/rc${level}.d`),
  ...['usr/lib/systemd', 'usr/share', 'usr/games', 'usr/include'],
];

const runlevels = { boot: ['networking', 'syslog'] };

/** The files that are laid over the packages' own. */
const ownFiles = join(import.meta.dirname, 'root');

/**
 * The folder that all hosts of the lab have as their root, beneath what each of them writes: OpenRC, busybox, etcd,
 * curl and this Node.js. The etcd is that of PICKET_ETCD_DIR, else Debian's. From the user's cache, or made now.
 */
export async function ensureRootFileSystem(
  surroundings: Surroundings = { env: process.env, say: console.error },
): Promise<string> {
  const { env } = surroundings;
  const given = await givenEtcd(env);
  const what = `the lab's root file system of Debian's ${packages.join(', ')}`;
  return cachedRoot({ name: 'lab', recipe: await recipe(given), what }, surroundings, async (work) => {
    await downloadDebianPackages(packages, work, env, { dependencies: true });
    const made = join(work, 'root');
    await unpack(work, made);
    if (given !== null) await replaceEtcd(made, given);
    await furnish(made);
    return made;
  });
}

/** How (this file), the files laid over, and the etcd in `given`, if it is not Debian's. */
async function recipe(given: string | null): Promise<readonly (string | Buffer)[]> {
  const entries = await readdir(ownFiles, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const parts: (string | Buffer)[] = [await readFile(import.meta.filename)];
  for (const file of files.sort()) parts.push(file.slice(ownFiles.length), await readFile(file));
  if (given !== null) for (const program of etcdPrograms) parts.push(await readFile(join(given, program)));
  return parts;
}

/** Puts the programs of this folder in the place of Debian's, below the root of a machine. */
export async function replaceEtcd(root: string, given: string): Promise<void> {
  await mkdir(join(root, 'usr/bin'), { recursive: true });
  for (const program of etcdPrograms) {
    const target = join(root, 'usr/bin', program);
    await rm(target, { force: true });
    await copyFile(join(given, program), target, constants.COPYFILE_FICLONE);
    await chmod(target, 0o755);
  }
}

async function unpack(archives: string, root: string): Promise<void> {
  await mkdir(root, { mode: 0o755 });
  for (const [link, target] of Object.entries(links)) {
    if (!target.startsWith('/')) await mkdir(join(root, target), { recursive: true });
    await mkdir(join(root, link, '..'), { recursive: true });
    await symlink(target, join(root, link));
  }
  const files = (await readdir(archives)).filter((file) => file.endsWith('.deb'));
  for (const file of files.sort()) await run('dpkg-deb', ['-x', join(archives, file), root]);
}

async function furnish(root: string): Promise<void> {
  for (const path of unwanted) await rm(join(root, path), { recursive: true, force: true });
  for (const path of folders) await mkdir(join(root, path), { recursive: true });
  await mkdir(join(root, 'tmp'));
  await chmod(join(root, 'tmp'), 0o1777);

  await cp(ownFiles, root, { recursive: true });
  for (const script of await readdir(join(root, 'etc/init.d'))) await chmod(join(root, 'etc/init.d', script), 0o755);
  for (const [runlevel, services] of Object.entries(runlevels)) {
    for (const service of services)
      await symlink(`/etc/init.d/${service}`, join(root, 'etc/runlevels', runlevel, service));
  }

  const busybox = join(root, 'bin/busybox');
  const { stdout } = await run(busybox, ['--list-full']);
  for (const applet of stdout.trim().split('\n')) {
    if (!(await exists(join(root, applet)))) await symlink('/bin/busybox', join(root, applet));
  }
  await copyFile(process.execPath, join(root, 'usr/bin/node'), constants.COPYFILE_FICLONE);
  await chmod(join(root, 'usr/bin/node'), 0o755);

  // Where a blank host's apk finds them; see blank-layer.ts.
  for (const [name, programs] of Object.entries(packagedPrograms)) {
    for (const program of programs) {
      const packaged = join(root, packagesFolder, name, program);
      await mkdir(dirname(packaged), { recursive: true });
      await link(join(root, program), packaged);
    }
  }
}

/** What Alpine has in packages that no fresh system has. */
export const packagedPrograms: Readonly<Record<string, readonly string[]>> = {
  nodejs: ['usr/bin/node'],
  etcd: ['usr/bin/etcd'],
  'etcd-ctl': ['usr/bin/etcdctl', 'usr/bin/etcdutl'],
};

export const packagesFolder = 'usr/share/lab/packages';

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
