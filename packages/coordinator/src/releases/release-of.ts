import type { Architecture, ReleaseView } from '@picket/shared/protocol/releases.ts';

/** The kept archive from which nodes of this architecture get this version of etcd, the one that was added last; null if there is none. */
export function releaseOf(
  releases: readonly ReleaseView[],
  architecture: Architecture | null,
  version: string,
): ReleaseView | null {
  const fits = releases.filter((one) => one.architecture === architecture && one.version === version && hasEtcd(one));
  return fits.toSorted((one, other) => (one.addedAt < other.addedAt ? -1 : 1)).at(-1) ?? null;
}

/** True for an archive, which a node can run; an etcdutl alone only restores. */
export function hasEtcd({ programs }: ReleaseView): boolean {
  return programs.some(({ name }) => name === 'etcd');
}
