import type { ClusterSpec } from '@picket/shared/protocol/clusters.ts';
import { architectureOf, type ReleaseUse, type ReleaseView } from '@picket/shared/protocol/releases.ts';
import { type NodeRecord, presentMembers } from '../inventory/inventory.ts';
import type { ClusterStatus } from '../model/cluster-status.ts';
import { wantedConfiguration } from '../model/configuration-of.ts';
import type { ClusterProgress } from '../model/progress.ts';
import { releaseOf } from './release-of.ts';

/** A cluster that may use releases. */
export interface ReleaseUser {
  readonly spec: ClusterSpec;
  readonly progress: Pick<ClusterProgress, 'configuration' | 'deletion' | 'upgrade'>;
  readonly nodes: readonly NodeRecord[];
  readonly status: Pick<ClusterStatus, 'nodes'>;
}

/** Who uses a stored release. Pure. */
export function usesOf(
  release: ReleaseView,
  releases: readonly ReleaseView[],
  clusters: readonly ReleaseUser[],
): readonly ReleaseUse[] {
  return clusters.flatMap((user): ReleaseUse[] => {
    if (release.version === null || user.progress.deletion?.freed === true) return [];
    const wanted = isWanted(release, releases, user);
    const members = presentMembers(user.nodes)
      .filter(({ facts }) => architectureOf(facts.arch) === release.architecture)
      .filter(({ member }) => user.status.nodes[member]?.status?.service.release === release.version)
      .map(({ member }) => member);
    return wanted || members.length > 0 ? [{ cluster: user.spec.name, wanted, members }] : [];
  });
}

/** True if a node of this cluster is given it, or may be, as soon as it joins or as a member gets its former settings back. */
function isWanted(
  release: ReleaseView,
  releases: readonly ReleaseView[],
  { spec, progress, nodes }: ReleaseUser,
): boolean {
  const { version, architecture, sha256 } = release;
  if (version === null || !wantedVersions(spec, progress).has(version)) return false;
  if (releaseOf(releases, architecture, version)?.sha256 !== sha256) return false;
  const joined = presentMembers(nodes);
  const isComplete = spec.members.every(({ name }) => joined.some(({ member }) => member === name));
  return !isComplete || joined.some(({ facts }) => architectureOf(facts.arch) === architecture);
}

/** The versions that a member of this cluster is given, may be given, or may get back. */
export function wantedVersions(
  spec: ClusterSpec,
  { configuration, upgrade }: Pick<ClusterProgress, 'configuration' | 'upgrade'>,
): ReadonlySet<string> {
  const { settled, rolledOut, trial } = configuration;
  const all = [wantedConfiguration(spec), settled, trial?.before, ...Object.values(rolledOut)];
  const staged = upgrade?.stages.flatMap((stage) => (stage.kind === 'install' ? (stage.version ?? []) : [])) ?? [];
  return new Set([...all.flatMap((one) => one?.etcd?.version ?? []), ...staged]);
}
