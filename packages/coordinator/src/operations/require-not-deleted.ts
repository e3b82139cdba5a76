import { failure } from '@picket/shared/errors.ts';
import type { OperationSituation } from './operation.ts';

/** Throws `cluster_deleted` once an operator has ordered to delete the cluster. */
export function requireNotDeleted({ spec, progress }: Pick<OperationSituation, 'spec' | 'progress'>): void {
  if (progress.deletion !== null) throw failure('cluster_deleted', { name: spec.name });
}
