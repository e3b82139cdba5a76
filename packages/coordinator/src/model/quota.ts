import type { ClusterSpec } from '@picket/shared/protocol/clusters.ts';
import type { ClusterStatus } from './cluster-status.ts';

export interface QuotaProblem {
  /** The member with the largest database, and its size. */
  readonly member: string;
  readonly bytes: number;
  /** The least quota that leaves room. */
  readonly leastBytes: number;
}

/**
 * Why `wanted` leaves too little room for the present data; null if there is enough, or if it is at least the quota in
 * force. A member at its quota raises an alarm, and the whole cluster then takes no writes. The alarm stays even if the
 * quota is raised again: restoring one member's settings does not heal it (R6).
 *
 * @param is the quota that it would replace, in bytes
 */
export function quotaProblem(
  { members }: Pick<ClusterSpec, 'members'>,
  { nodes }: Pick<ClusterStatus, 'nodes'>,
  { is, wanted }: { readonly is: number; readonly wanted: number },
): QuotaProblem | null {
  const sizes = members.map(({ name }) => ({ member: name, bytes: nodes[name]?.status?.etcd?.dbSizeBytes ?? 0 }));
  const [largest] = sizes.sort((one, other) => other.bytes - one.bytes);
  if (largest === undefined) return null;
  const leastBytes = Math.ceil(1.5 * largest.bytes);
  return wanted < is && wanted < leastBytes ? { ...largest, leastBytes } : null;
}
