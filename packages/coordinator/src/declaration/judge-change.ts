import { failure } from '@picket/shared/errors.ts';
import type { ClusterSpec } from '@picket/shared/protocol/clusters.ts';
import { quotaProblem } from '../model/quota.ts';
import type { Situation } from '../model/situation.ts';

/** The present state that a change must fit, besides being valid. */
export type ChangeGround = Omit<Situation, 'now'>;

/** Throws `quota_too_small`. */
export function requireFit({ name, tuning }: ClusterSpec, { spec, status }: ChangeGround): void {
  const wanted = tuning.quotaBackendBytes;
  const problem = quotaProblem(spec, status, { is: spec.tuning.quotaBackendBytes, wanted });
  if (problem !== null) throw failure('quota_too_small', { name, wanted, ...problem });
}
