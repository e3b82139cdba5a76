import type { HostFiles } from '../host/host.ts';
import { fieldOf, systemIds } from './etcd-installed.ts';

/** The stable branches of Alpine that have an etcd of this minor version, the newest first. */
const alpineBranches: Readonly<Record<string, readonly string[]>> = { '3.5': ['v3.22'], '3.6': ['v3.24', 'v3.23'] };
const publicMirror = 'https://dl-cdn.alpinelinux.org/alpine';

const systemFiles = { osRelease: '/etc/os-release', repositories: '/etc/apk/repositories' };

/** The etcd of each release of Debian: packages.debian.org. It has none of 3.6 or later. */
const debianReleases: Readonly<Record<string, string>> = { '12': '3.4', '13': '3.5' };

/**
 * The complete command that replaces the installed etcd by one of this minor version, by os-release(5), and keeps
 * upgrades of the system from replacing it again. A sentence where no package of the system is known.
 *
 * @param configured the `etcdBinary` of agent.yml, which no package manager knows
 * @param inMemory the root file system is in memory: the next boot has only what `lbu` has saved
 */
export async function reinstallCommand(
  files: Pick<HostFiles, 'read'>,
  minor: string,
  configured: string | null,
  inMemory: () => Promise<boolean>,
  { osRelease, repositories } = systemFiles,
): Promise<string> {
  if (configured !== null) return `put an etcd ${minor} at ${configured}`;
  const text = (await files.read(osRelease)) ?? '';
  const ids = systemIds(text);
  if (ids.includes('alpine')) {
    const command = alpineCommand(minor, text, (await files.read(repositories)) ?? '');
    return (await inMemory()) ? `${command} && lbu commit` : command;
  }
  if (ids[0] === 'debian' || ids[0] === 'raspbian') {
    // Testing and unstable have no number.
    const has = debianReleases[fieldOf(text, 'VERSION_ID')] ?? '3.5';
    if (has === minor)
      return `apt-get install --allow-downgrades 'etcd-server=${minor}.*' 'etcd-client=${minor}.*' && apt-mark hold etcd-server etcd-client`;
  }
  return (
    `Picket knows no package of etcd ${minor} for this system: put etcd and etcdctl of a ${minor} release ` +
    'from https://github.com/etcd-io/etcd/releases into /usr/local/bin, and set etcdBinary: /usr/local/bin/etcd in agent.yml'
  );
}

/**
 * A constraint as in `etcd~3.5` stays in apk's world file, so `apk upgrade` respects it. The packages of another branch come
 * from a repository with a tag: one that is only named on the command line is forgotten by upgrades, and by the boot of a
 * diskless system (tried with apk 2.14 and 3.0).
 */
function alpineCommand(minor: string, osRelease: string, repositories: string): string {
  const branches = alpineBranches[minor] ?? [];
  const own = /^VERSION_ID="?(\d+\.\d+)/m.exec(osRelease)?.[1];
  const branch = branches.find((one) => one === `v${own}`) ?? branches[0];
  const lines = repositories.split('\n').map((line) => line.trim());
  if (branch === undefined || lines.some((line) => placeIn(line)?.endsWith(`/${branch}/community`)))
    return `apk add -U 'etcd~${minor}' 'etcd-ctl~${minor}'`;
  const tag = `@etcd${minor.replace('.', '')}`;
  const line = `${tag} ${mirrorOf(lines)}/${branch}/community`;
  const adds = lines.includes(line) ? '' : `echo '${line}' >>/etc/apk/repositories && `;
  return `${adds}apk add -U 'etcd${tag}~${minor}' 'etcd-ctl${tag}~${minor}'`;
}

/** The URL or folder of an untagged line. */
function placeIn(line: string): string | undefined {
  return /^[^@#]/.test(line) ? line.replace(/\/$/, '') : undefined;
}

/** The mirror that this machine uses for packages: a line is a URL or a folder, possibly after a tag. */
function mirrorOf(lines: readonly string[]): string {
  for (const line of lines) {
    const [first = '', second = ''] = line.split(/[ \t]+/);
    const place = first.startsWith('@') ? second : first;
    const [, mirror] = /^([^#\s']+)\/(?:v\d+\.\d+|edge|latest-stable)\/\w+\/?$/.exec(place) ?? [];
    if (mirror !== undefined) return mirror;
  }
  return publicMirror;
}
