import type { Reason } from '@picket/shared/reasons/reason.ts';
import type { FixedInstant } from './instant.ts';

/** A snapshot that was restored into an etcd of its own, which then served its data. */
export interface RehearsalWorked {
  readonly id: string;
  readonly snapshot: string;
  readonly at: FixedInstant;
  readonly etcdVersion: string;
  readonly revision: number;
  /** null if etcd did not say how many. */
  readonly keys: number | null;
  /** etcd's hash of the keys and values at that revision; null if its authentication is on. */
  readonly hash: number | null;
  /** From the first byte that was read to the answers of etcd. */
  readonly tookMs: number;
}

/** The last failed rehearsal. */
export interface RehearsalFailure {
  readonly id: string;
  readonly snapshot: string;
  readonly at: FixedInstant;
  /** How many have failed since the last that worked. */
  readonly count: number;
  readonly reason: Reason;
}

/** The rehearsals of restoring the snapshots of a cluster. */
export interface RehearsalProgress {
  /** The last that worked. */
  readonly worked: RehearsalWorked | null;
  /** null once another one has worked. */
  readonly failure: RehearsalFailure | null;
}

export const noRehearsals: RehearsalProgress = { worked: null, failure: null };
