import type { HostFiles } from '../host/host.ts';
import { systemIds } from './etcd-installed.ts';

/** The stable branches of Alpine that have an etcd of this minor version, the newest first. */
const alpineBranches: Readonly<Record<string, readonly string[]>> = { '3.5': ['v3.22'], '3.6': ['v3.24', 'v3.23'] };
const publicMirror = 'https://dl-cdn.alpinelinux.org/alpine';

const systemFiles = { osRelease: '/etc/os-release', repositories: '/etc/apk/repositories' };

/**
 * The complete command that replaces the installed etcd by one of this minor version, by os-release(5), and keeps
 * upgrades of the system from replacing it again.
 *
 * @param configured the `etcdBinary` of agent.yml, which no package manager knows
 */
export async function reinstallCommand(
  files: Pick<HostFiles, 'read'>,
  minor: string,
  configured: string | null,
  { osRelease, repositories } = systemFiles,
): Promise<string> {
  if (configured !== null) return `put an etcd ${minor} at ${configured}`;
  const text = (await files.read(osRelease)) ?? '';
  const ids = systemIds(text);
  if (ids.includes('alpine')) return alpineCommand(minor, text, (await files.read(repositories)) ?? '');
  if (ids.includes('debian') || ids.includes('ubuntu'))
    return `apt-get install --allow-downgrades 'etcd-server=${minor}.*' 'etcd-client=${minor}.*' && apt-mark hold etcd-server etcd-client`;
  return `install the package of your system, or a release of https://github.com/etcd-io/etcd, that is etcd ${minor}`;
}

/** A constraint as in `etcd~3.5` stays in apk's world file, so `apk upgrade` respects it. */
function alpineCommand(minor: string, osRelease: string, repositories: string): string {
  const packages = `'etcd~${minor}' 'etcd-ctl~${minor}'`;
  const branches = alpineBranches[minor] ?? [];
  const own = /^VERSION_ID="?(\d+\.\d+)/m.exec(osRelease)?.[1];
  const branch = branches.find((one) => one === `v${own}`) ?? branches[0];
  if (branch === undefined) return `apk add ${packages}`;
  return `apk add --repository=${mirrorOf(repositories)}/${branch}/community ${packages}`;
}

/** The mirror that this machine uses for packages: a line is a URL or a folder, possibly after a tag. */
function mirrorOf(repositories: string): string {
  for (const line of repositories.split('\n')) {
    const [first = '', second = ''] = line.trim().split(/[ \t]+/);
    const place = first.startsWith('@') ? second : first;
    const [, mirror] = /^([^#\s]+)\/(?:v\d+\.\d+|edge|latest-stable)\/\w+\/?$/.exec(place) ?? [];
    if (mirror !== undefined) return mirror;
  }
  return publicMirror;
}
