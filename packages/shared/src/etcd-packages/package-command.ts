import type { PackageSystem } from '../protocol/package-system.ts';

/** The stable branches of Alpine that have an etcd of this minor version, the newest first. */
const alpineBranches: Readonly<Record<string, readonly string[]>> = { '3.5': ['v3.22'], '3.6': ['v3.24', 'v3.23'] };

/** The etcd of each release of Debian: packages.debian.org. It has none of 3.6 or later. */
const debianReleases: Readonly<Record<string, string>> = { '11': '3.3', '12': '3.4', '13': '3.5' };

/**
 * The minor version of etcd that the packages of a Debian or Raspberry Pi OS have; null for another system or release. Pure
 *
 * @param id and `release`: ID and VERSION_ID of os-release(5)
 */
export function packagedMinor(id: string, release: string): string | null {
  return id === 'debian' || id === 'raspbian' ? (debianReleases[release] ?? null) : null;
}

/**
 * The complete command that replaces the installed etcd by the package of this minor version, and keeps upgrades of the system from replacing it
 * again. The machine's own agent and the coordinator print it.
 *
 * @returns null if Picket knows no such package. Pure
 */
export function packageCommand({ id, release, inMemory, ownBinary }: PackageSystem, minor: string): string | null {
  if (ownBinary || !/^\d{1,4}\.\d{1,4}$/.test(minor)) return null;
  if (id === 'alpine') return `${alpineCommand(minor, release)}${inMemory ? ' && lbu commit' : ''}`;
  if (id === 'other') return null;
  // Testing and unstable have no number.
  const has = release === null ? '3.5' : debianReleases[release];
  return has === minor
    ? `apt-get install --allow-downgrades 'etcd-server=${minor}.*' 'etcd-client=${minor}.*' && apt-mark hold etcd-server etcd-client`
    : null;
}

/**
 * A constraint as in `etcd~3.5` stays in apk's world file, so `apk upgrade` respects it. The packages of another branch come
 * from a repository with a tag: one that is only named on the command line is forgotten by upgrades, and by the boot of a
 * diskless system (tried with apk 2.14 and 3.0). The command takes the mirror from the lines that the machine has.
 */
function alpineCommand(minor: string, release: string | null): string {
  const branches = alpineBranches[minor] ?? [];
  const own = `v${release}`;
  const branch = branches.find((one) => one === own) ?? branches[0];
  if (branch === undefined || branch === own) return `apk add -U 'etcd~${minor}' 'etcd-ctl~${minor}'`;
  const tag = `@etcd${minor.replace('.', '')}`;
  const repositories = '/etc/apk/repositories';
  const line = `s,^([^@#]+)/(v[0-9.]+|edge|latest-stable)[/ ](.* )?community.*,${tag} \\1/${branch}/community,p`;
  return `sed -nE '${line}' ${repositories} >>${repositories} && apk add -U 'etcd${tag}~${minor}' 'etcd-ctl${tag}~${minor}'`;
}
