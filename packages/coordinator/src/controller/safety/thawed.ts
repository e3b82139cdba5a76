import type { ClusterProgress } from '../../model/progress.ts';

/** What seals have proven of the store, and what nodes have claimed, is answered by its new epoch. */
export function thawed(progress: ClusterProgress): ClusterProgress {
  return { ...progress, frozen: null, provenBehind: null, quarantined: [] };
}
