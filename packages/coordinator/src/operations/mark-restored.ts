import { reason } from '@picket/shared/reasons/reason.ts';
import { thawed } from '../controller/safety/thawed.ts';
import type { ClusterProgress } from '../model/progress.ts';

/**
 * The progress of a backup in the store that was made from it: nothing is published by it until it was taken from the
 * nodes' reports (R5). Pure.
 *
 * @param of when the backup was made
 */
export function restingProgress(progress: ClusterProgress, of: string): ClusterProgress {
  const frozen = reason('restored_from_backup', { of });
  return { ...thawed(progress), frozen, assignment: null, permit: null };
}
