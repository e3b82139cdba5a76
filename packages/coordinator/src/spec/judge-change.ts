import { failure } from '@picket/shared/errors.ts';
import type { ClusterSpec } from '@picket/shared/protocol/clusters.ts';
import type { ClusterStatus } from '../controller/model.ts';
import { quotaProblem } from '../controller/quota.ts';

/** What there is already, which a change must be fit for beside being valid by itself. */
export interface ChangeGround {
  readonly spec: ClusterSpec;
  readonly status: ClusterStatus;
}

/** Throws `quota_too_small`. */
export function requireFit(changed: ClusterSpec, ground: ChangeGround): void {
  requireRoom(changed, ground);
}

function requireRoom({ name, tuning }: ClusterSpec, { spec, status }: ChangeGround): void {
  const wanted = tuning.quotaBackendBytes;
  const problem = quotaProblem(spec, status, { is: spec.tuning.quotaBackendBytes, wanted });
  if (problem !== null) throw failure('quota_too_small', { name, wanted, ...problem });
}
