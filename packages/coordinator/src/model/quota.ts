import type { ClusterSpec } from '@picket/shared/protocol/clusters.ts';
import type { ClusterStatus } from './cluster-status.ts';

export interface QuotaProblem {
  /** The member with the largest database, and how large that is. */
  readonly member: string;
  readonly bytes: number;
  /** The least quota that leaves room. */
  readonly leastBytes: number;
}

/**
 * Why `wanted` leaves too little room for the data that there is; null if it does not, or is no less than what is in force.
 * A member at its quota raises an alarm by which the whole cluster takes no more writes, and which outlasts the quota: no
 * putting back of one member's settings heals that (R6).
 *
 * @param is the quota that it is to take the place of, in bytes
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
