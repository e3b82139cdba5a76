import type { ClusterProgress } from '../../model/progress.ts';

/** What seals have proven of the store, and what nodes have claimed, is answered by its new epoch. */
export function thawed({
  overtakenBy: _overtaken,
  quarantined: _claims,
  ...progress
}: ClusterProgress): ClusterProgress {
  return { ...progress, frozen: null };
}
