import { failure } from '@picket/shared/errors.ts';
import { restoreRunning } from '../model/restore-running.ts';
import type { OperationSituation } from './operation.ts';

/**
 * Throws `cluster_restoring` while the cluster is being restored: no member has a life then that an order could mean, and
 * every other reason of a refusal follows from that (R19).
 */
export function requireNotRestoring({
  spec,
  progress,
  rests = false,
}: Pick<OperationSituation, 'spec' | 'progress'> & Partial<Pick<OperationSituation, 'rests'>>): void {
  const running = rests ? null : restoreRunning(progress);
  if (running !== null) throw failure('cluster_restoring', { name: spec.name, snapshot: running.snapshot });
}
