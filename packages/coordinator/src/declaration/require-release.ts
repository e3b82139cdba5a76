import { failure } from '@picket/shared/errors.ts';
import { firstUnknownEtcd, isOfMinor, oldestEtcd, outsideLimits } from '@picket/shared/etcd-version.ts';
import { type ClusterSpec, releaseIn } from '@picket/shared/protocol/clusters.ts';
import { architectureOf, archiveNameOf, type ReleaseView } from '@picket/shared/protocol/releases.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import { type NodeRecord, presentMembers } from '../inventory/inventory.ts';
import type { ClusterStatus } from '../model/cluster-status.ts';
import { whyTooFaulty } from '../model/packages.ts';
import { type ClusterProgress, emptyProgress } from '../model/progress.ts';
import { hasEtcd, releaseOf } from '../releases/release-of.ts';

/** What is known of a cluster that should run a release. */
export interface ReleaseFacts {
  readonly releases: readonly ReleaseView[];
  readonly nodes: readonly NodeRecord[];
  readonly progress: Pick<ClusterProgress, 'etcdMinor' | 'formation' | 'members'>;
  readonly status: Pick<ClusterStatus, 'nodes'>;
}

/** Of a cluster that is only being declared. */
export const nothingJoined: Omit<ReleaseFacts, 'releases'> = {
  nodes: [],
  progress: emptyProgress,
  status: { nodes: {} },
};

/**
 * Judges the release that a spec newly names; the package needs no judgement. Pure. Throws `release_refused_for_cluster` for a
 * version that Picket does not take, `minor_needs_upgrade` for another minor version than the cluster runs, and
 * `release_missing` if the release store does not have it for each node of the cluster.
 */
export function requireRelease(spec: Pick<ClusterSpec, 'name' | 'etcd'>, facts: ReleaseFacts): void {
  const version = releaseIn(spec);
  if (version === null) return;
  requireSameMinor(spec.name, version, facts);
  requireHeld(spec.name, version, facts);
}

/**
 * The same for a version of any minor version. Throws `release_refused_for_cluster` and `release_missing`.
 */
export function requireHeld(name: string, version: string, facts: ReleaseFacts): void {
  requireKnown(name, version);
  requireSound(name, version, facts);
  const machines = presentMembers(facts.nodes).map((node) => ({ member: node.member, arch: node.facts.arch }));
  for (const { member, arch } of machines) {
    const architecture = architectureOf(arch);
    if (architecture === null) {
      const why = reason('no_release_for_machine', { member, architecture: arch });
      throw failure('release_refused_for_cluster', { cluster: name, version, reason: why });
    }
    if (releaseOf(facts.releases, architecture, version) === null)
      throw failure('release_missing', { cluster: name, version, file: archiveNameOf(version, architecture) });
  }
  // The machines that will join are not known yet.
  if (!facts.releases.some((one) => one.version === version && hasEtcd(one)))
    throw failure('release_missing', { cluster: name, version, file: archiveNameOf(version, 'ARCH') });
}

function requireKnown(name: string, version: string): void {
  const outside = outsideLimits(version);
  if (outside === 'too old') {
    const why = reason('etcd_below_oldest', { oldest: oldestEtcd });
    throw failure('release_refused_for_cluster', { cluster: name, version, reason: why });
  }
  if (outside === 'too new') {
    const why = reason('etcd_not_known', { limit: firstUnknownEtcd });
    throw failure('release_refused_for_cluster', { cluster: name, version, reason: why });
  }
}

/** Once a founder is chosen, its data belong to a minor version (R17). */
function requireSameMinor(name: string, version: string, { progress }: ReleaseFacts): void {
  const { etcdMinor, formation } = progress;
  if (formation === null) return;
  const runs = etcdMinor ?? formation.installed ?? null;
  if (runs === null)
    throw failure('release_refused_for_cluster', { cluster: name, version, reason: reason('minor_unknown') });
  if (!isOfMinor(version, runs)) throw failure('minor_needs_upgrade', { cluster: name, version, runs });
}

/** A version with grave faults is refused, unless it brings none that the members do not have: they run it as their package. */
function requireSound(name: string, version: string, { progress, status }: ReleaseFacts): void {
  const why = whyTooFaulty(version);
  const members = Object.keys(progress.members);
  const runIt = members.every((member) => status.nodes[member]?.status?.etcd?.version === version);
  if (why === null || (members.length > 0 && runIt)) return;
  throw failure('release_refused_for_cluster', { cluster: name, version, reason: why });
}
