import type { Begun } from '../declaration/make-spec.ts';
import { type NodeRecord, nameOf } from '../inventory/inventory.ts';
import type { ClusterProgress } from '../model/progress.ts';

/** How far a cluster has begun. A cluster that will begin again from a snapshot has been founded before. Pure. */
export function begunOf(
  { formation, restore }: Pick<ClusterProgress, 'formation' | 'restore'>,
  nodes: readonly NodeRecord[],
): Begun {
  return {
    founded: formation !== null || restore !== null,
    joined: nodes.filter(({ evictedAt }) => evictedAt === null).map(nameOf),
  };
}
