import { failure } from '@picket/shared/errors.ts';
import { firstUnknownEtcd, oldestEtcd, outsideLimits } from '@picket/shared/etcd-version.ts';
import type { NodeFacts } from '@picket/shared/protocol/join.ts';
import { architectureOf, archiveNameOf, type ReleaseView } from '@picket/shared/protocol/releases.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import { releaseOf } from '../releases/release-of.ts';
import { type KnownMember, requireMinor } from './etcd-minor.ts';

/** What decides about the etcd of a machine that asks to become a member. */
interface Newcomer {
  readonly cluster: string;
  /** See `releaseOfNewcomer`. */
  readonly release: string | null;
  readonly facts: Pick<NodeFacts, 'arch' | 'etcdVersion'>;
  /** The minor version that the cluster is known to run; null before that is known. */
  readonly recorded: string | null;
  /** The other members. */
  readonly members: readonly KnownMember[];
  /** The release store. */
  readonly releases: readonly ReleaseView[];
}

/**
 * Whether a machine has, or can fetch, an etcd that this cluster runs. What is installed counts only where the cluster takes
 * the package. Pure. Throws `architecture_unsupported`, `release_not_for_machine`, `etcd_not_installed`, `etcd_too_old`,
 * `etcd_too_new`, `etcd_minor_differs`.
 */
export function requireEtcd({ cluster, release, facts, recorded, members, releases }: Newcomer): void {
  if (release === null) requireMinor(cluster, recorded, members, installedOf(cluster, facts));
  else requireRelease(cluster, release, facts.arch, releases);
}

function requireRelease(cluster: string, version: string, arch: string, releases: readonly ReleaseView[]): void {
  const architecture = architectureOf(arch);
  if (architecture === null) {
    throw failure('architecture_unsupported', {
      architecture: arch,
      reason: 'the release store has etcd for no other',
      remedy: 'Use another machine, or install a 64-bit system. Nothing was changed on this machine.',
    });
  }
  if (releaseOf(releases, architecture, version) !== null) return;
  const archive = archiveNameOf(version, architecture);
  throw failure('release_not_for_machine', { cluster, version, architecture, archive });
}

function installedOf(cluster: string, { etcdVersion: version }: Newcomer['facts']): string {
  const command = 'the etcd package of its system';
  if (version === null) {
    const problem = `the members of ${cluster} run the etcd of their system’s package, and this machine has none that it can run`;
    throw failure('etcd_not_installed', { problem, command });
  }
  // Its agent knows the path, and prints it with the command that helps there.
  const found = reason('etcd_found', { version, binary: null });
  const outside = outsideLimits(version);
  if (outside === 'too old') throw failure('etcd_too_old', { found, minimum: oldestEtcd, command });
  if (outside === 'too new') throw failure('etcd_too_new', { found, limit: firstUnknownEtcd });
  return version;
}
