import type { ClusterProgress } from './progress.ts';
import type { Task } from './task.ts';

/**
 * The order by which the founder of a cluster gives Picket its etcd user; null: none is under way. Only while it is not known to serve as
 * a cluster of Picket, and only from an imported snapshot in which Picket has no user. Pure.
 */
export function admissionDue({
  formation,
  authentication: { admission },
}: Pick<ClusterProgress, 'formation' | 'authentication'>): (Task & { readonly signed: boolean }) | null {
  if (formation?.from?.keepsPicketOut !== true || formation.clusterId !== null) return null;
  if (admission?.task == null || admission.incarnation !== formation.incarnation) return null;
  return { ...admission.task, signed: admission.signed };
}
