import { chown, copyFile, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cachedRoot } from '../lab/cached-root.ts';
import { type Background, runToEnd, startInBackground } from './children.ts';
import { downloadDebianSystem } from './debian-packages.ts';

/** Programs of Debian 13: Patroni for PostgreSQL's high availability, which elects its leader by a key with a lease in etcd. */
const packages = ['patroni', 'python3-etcd', 'postgresql-17', 'dash', 'coreutils'];
const binaries = '/usr/lib/postgresql/17/bin';
/** PostgreSQL refuses root. */
const user = 65_534;
const links = { bin: 'usr/bin', sbin: 'usr/sbin', lib: 'usr/lib', lib64: 'usr/lib64' };

const ports = { rest: 8008, postgres: 5432 };

export interface PatroniOptions {
  /** Its own, below which it keeps its data. */
  readonly folder: string;
  readonly name: string;
  readonly address: string;
  /** etcd's client URLs that it knows at first. */
  readonly etcd: readonly string[];
  /** With ca.pem and client.pem of a client node. */
  readonly etcDir: string;
}

export interface Patroni {
  readonly process: Background;
  /** What its REST API says at this path. */
  ask(path: string): Promise<unknown>;
}

/** One node of a PostgreSQL that Patroni keeps, with its default times: a lease of 30 s, renewed every 10 s. */
export async function startPatroni({ folder, name, address, etcd, etcDir }: PatroniOptions): Promise<Patroni> {
  const root = await ensurePatroniRoot();
  await mkdir(folder, { recursive: true });
  for (const file of ['ca.pem', 'client.pem']) {
    await copyFile(join(etcDir, file), join(folder, file));
    await chown(join(folder, file), user, user);
  }
  const account = (username: string) => ({ username, password: username });
  const settings = {
    scope: 'app',
    name,
    restapi: { listen: `${address}:${ports.rest}`, connect_address: `${address}:${ports.rest}` },
    etcd3: {
      hosts: etcd.map((url) => new URL(url).host),
      protocol: 'https',
      cacert: '/mnt/ca.pem',
      cert: '/mnt/client.pem',
      key: '/mnt/client.pem',
    },
    bootstrap: { dcs: {}, initdb: [{ encoding: 'UTF8' }, { locale: 'C' }] },
    postgresql: {
      listen: `${address}:${ports.postgres}`,
      connect_address: `${address}:${ports.postgres}`,
      data_dir: '/mnt/data',
      bin_dir: binaries,
      pgpass: '/mnt/pgpass',
      authentication: { superuser: account('postgres'), replication: account('replicator') },
      parameters: { unix_socket_directories: '/mnt' },
      pg_hba: ['local all all trust', 'host all all 127.0.0.0/8 trust', 'host replication all 127.0.0.0/8 trust'],
    },
  };
  await writeFile(join(folder, 'patroni.yml'), JSON.stringify(settings));
  await chown(folder, user, user);
  // Mounts of its own, because the root is shared with other runs.
  const script = `
    mount --rbind /dev "$1/dev" && mount -t proc proc "$1/proc" && mount --bind "$2" "$1/mnt" && mount -t tmpfs tmp "$1/tmp" &&
    exec chroot --userspec=${user}:${user} "$1" /usr/bin/patroni /mnt/patroni.yml`;
  const command = ['--mount', '--propagation', 'private', 'sh', '-c', script, 'sh', root, folder];
  const process = startInBackground('unshare', command, join(folder, 'patroni.log'), {
    PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
    LC_ALL: 'C.UTF-8',
    HOME: '/mnt',
  });
  return {
    process,
    async ask(path) {
      const answer = await fetch(`http://${address}:${ports.rest}${path}`, { signal: AbortSignal.timeout(10_000) });
      return answer.json();
    },
  };
}

/** From the user's cache, or made now. Nothing is installed: its packages are only unpacked. */
async function ensurePatroniRoot(): Promise<string> {
  const surroundings = { env: process.env, say: console.error };
  const recipe = [await readFile(import.meta.filename)];
  return cachedRoot({ name: 'patroni', recipe, what: 'a root with Debian’s Patroni' }, surroundings, async (work) => {
    const [root, archives] = [join(work, 'root'), join(work, 'archives')];
    await mkdir(archives);
    await downloadDebianSystem(packages, archives, surroundings.env);
    for (const target of Object.values(links)) await mkdir(join(root, target), { recursive: true });
    for (const [link, target] of Object.entries(links)) await symlink(target, join(root, link));
    for (const file of (await readdir(archives)).filter((name) => name.endsWith('.deb'))) {
      const unpacked = await runToEnd('dpkg-deb', ['-x', join(archives, file), root]);
      if (unpacked.code !== 0) throw new Error(unpacked.stderr);
    }
    for (const folder of ['dev', 'proc', 'mnt', 'tmp', 'etc']) await mkdir(join(root, folder), { recursive: true });
    await writeFile(join(root, 'etc/passwd'), `root:x:0:0::/:/bin/sh\npostgres:x:${user}:${user}::/mnt:/bin/sh\n`);
    await writeFile(join(root, 'etc/group'), `root:x:0:\npostgres:x:${user}:\n`);
    await symlink('dash', join(root, 'usr/bin/sh')).catch(() => undefined);
    await rm(archives, { recursive: true });
    return root;
  });
}
