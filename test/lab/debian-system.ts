import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFile, mkdir, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { downloadDebianSystem, type Surroundings } from '../support/debian-packages.ts';
import { cachedRoot } from './cached-root.ts';

const run = promisify(execFile);

/** What a fresh Debian has, as far as anybody asks for it: systemd, apt and wget. */
const base = ['?essential', 'apt', 'adduser', 'systemd', 'systemd-sysv', 'wget'];

/** What its archive offers, and what it does not have yet. */
const offered = ['etcd-server', 'etcd-client', 'systemd-timesyncd'];

/** Archives on the machine itself, by their `deb` lines for apt. */
export const archives = {
  /** With etcd, and with the Node.js that Debian 13 has. */
  debian: 'deb [trusted=yes] file:/srv/debian ./\n',
  /** With the Node.js that runs this. */
  newerNode: 'deb [trusted=yes] file:/srv/newer-node ./\n',
} as const;

// As debootstrap does it: the programs first, so that the scripts of packages find them, then dpkg installs it all.
// Nothing of this is kept through a power cut, so nothing is synced.
const bootstrap = `
  set -eu
  cd "$1"
  for deb in packages/*.deb; do dpkg-deb --fsys-tarfile "$deb" | tar -x -C root --keep-directory-symlink; done
  mkdir -p root/var/lib/dpkg/info root/packages
  : >root/var/lib/dpkg/status
  mount --bind packages root/packages
  mount -t proc proc root/proc
  mount -t tmpfs tmpfs root/dev
  for node in null zero full random urandom; do : >root/dev/$node; mount --bind /dev/$node root/dev/$node; done
  ln -s /proc/self/fd root/dev/fd
  exec env -i DEBIAN_FRONTEND=noninteractive LC_ALL=C PATH=/usr/sbin:/usr/bin chroot root sh -ec '
    install="dpkg --force-unsafe-io --force-depends"
    $install --install packages/base-passwd_*.deb
    $install --install packages/base-files_*.deb
    $install --unpack packages/*.deb
    dpkg --force-unsafe-io --configure --pending
    test -z "$(dpkg --audit)"'`;

/**
 * The root of a Debian that dpkg has installed, without etcd, Node.js or anything that keeps the time, and its archives
 * below /srv. From the user's cache, or made now.
 */
export async function ensureDebianSystem(
  surroundings: Surroundings = { env: process.env, say: console.error },
): Promise<string> {
  const recipe = [await readFile(import.meta.filename)];
  return cachedRoot({ name: 'debian-system', recipe, what: 'a Debian for tests' }, surroundings, async (work) => {
    const [root, packages] = [join(work, 'root'), join(work, 'packages')];
    const [debian, newerNode] = [join(root, 'srv/debian'), join(root, 'srv/newer-node')];
    for (const folder of [packages, debian, newerNode]) await mkdir(folder, { recursive: true });
    await downloadDebianSystem([...base, ...offered], packages, surroundings.env);
    for (const name of offered) await move(name, packages, debian);
    await run('unshare', ['--mount', '--propagation', 'private', 'sh', '-c', bootstrap, 'bootstrap', work]);
    await rm(join(root, 'packages'), { recursive: true });

    const architecture = (await run('dpkg', ['--print-architecture'])).stdout.trim();
    await makeNode(debian, { architecture, version: '20.19.2+dfsg-1' });
    await makeNode(newerNode, { architecture, version: process.versions.node, binary: process.execPath });
    for (const folder of [debian, newerNode]) await writeIndex(folder);
    return root;
  });
}

async function move(name: string, from: string, to: string): Promise<void> {
  const file = (await readdir(from)).find((one) => one.startsWith(`${name}_`));
  if (file === undefined) throw new Error(`${name} was not downloaded`);
  await rename(join(from, file), join(to, file));
}

interface NodePackage {
  readonly architecture: string;
  readonly version: string;
  /** Without it, the program only says its version, as that is too old for more. */
  readonly binary?: string;
}

/** A package nodejs and, as Debian has it, another that it needs. */
async function makeNode(archive: string, { architecture, version, binary }: NodePackage): Promise<void> {
  const [folder, helper] = [join(archive, 'nodejs'), join(archive, 'node-acorn')];
  const program = join(folder, 'usr/bin/node');
  const alias = join(folder, 'usr/bin/nodejs');
  await mkdir(dirname(program), { recursive: true });
  await mkdir(join(helper, 'usr/share/nodejs/acorn'), { recursive: true });
  if (binary !== undefined) await copyFile(binary, program);
  else await writeFile(program, `#!/bin/sh\necho v${version.replace(/\+.*/, '')}\n`, { mode: 0o755 });
  await symlink('node', alias);
  await pack(folder, {
    Package: 'nodejs',
    Version: version,
    Architecture: architecture,
    Depends: 'libc6, libstdc++6, node-acorn',
  });
  await pack(helper, { Package: 'node-acorn', Version: version, Architecture: 'all' });
}

/** Makes a folder into a package beside it. */
async function pack(folder: string, fields: Readonly<Record<string, string>>): Promise<void> {
  const control = { ...fields, Maintainer: 'Picket <picket@example.com>', Description: 'for a test' };
  await mkdir(join(folder, 'DEBIAN'));
  const lines = Object.entries(control).map(([key, value]) => `${key}: ${value}\n`);
  await writeFile(join(folder, 'DEBIAN/control'), lines.join(''));
  await run('dpkg-deb', ['--root-owner-group', '-Znone', '--build', folder, `${folder}.deb`]);
  await rm(folder, { recursive: true });
}

/** What apt reads to know what a folder offers. */
async function writeIndex(folder: string): Promise<void> {
  const entries: string[] = [];
  for (const file of (await readdir(folder)).sort()) {
    const { stdout } = await run('dpkg-deb', ['--field', join(folder, file)]);
    const content = await readFile(join(folder, file));
    const sum = createHash('sha256').update(content).digest('hex');
    entries.push(`${stdout.trimEnd()}\nFilename: ./${file}\nSize: ${content.length}\nSHA256: ${sum}\n`);
  }
  await writeFile(join(folder, 'Packages'), entries.join('\n'));
}
