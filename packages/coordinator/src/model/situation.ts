import type { ClusterSpec } from '@picket/shared/protocol/clusters.ts';
import type { ClusterStatus } from './cluster-status.ts';
import type { Instant } from './instant.ts';
import type { ClusterProgress } from './progress.ts';

/** All that a decision is taken from. */
export interface Situation {
  readonly spec: ClusterSpec;
  readonly status: ClusterStatus;
  readonly progress: ClusterProgress;
  readonly now: Instant;
}
