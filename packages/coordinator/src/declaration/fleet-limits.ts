import { failure } from '@picket/shared/errors.ts';
import type { ClusterSpec } from '@picket/shared/protocol/clusters.ts';

/** How large the fleet of one coordinator may become (R18). What is there already stays. */
export interface FleetLimits {
  readonly clusters: number;
  /** Of all clusters together. */
  readonly declaredMembers: number;
  readonly clientsPerCluster: number;
  /** Members and clients of all clusters. */
  readonly nodes: number;
}

/**
 * Whether there is room for this declaration, new or changed. Throws `too_many_clusters`, `too_many_members`. Pure.
 *
 * @param present those of all clusters; if this one is among them, its members may become fewer at any time
 */
export function requireRoom(present: readonly ClusterSpec[], wanted: ClusterSpec, limits: FleetLimits): void {
  const others = present.filter(({ name }) => name !== wanted.name);
  const before = present.find(({ name }) => name === wanted.name);
  const { name, members } = wanted;
  if (before === undefined && others.length >= limits.clusters) {
    throw failure('too_many_clusters', { cluster: name, most: limits.clusters });
  }
  if (members.length <= (before?.members.length ?? 0)) return;
  const left = limits.declaredMembers - others.reduce((sum, one) => sum + one.members.length, 0);
  if (members.length > left) {
    const facts = { cluster: name, wanted: members.length, left: Math.max(0, left), most: limits.declaredMembers };
    throw failure('too_many_members', facts);
  }
}
