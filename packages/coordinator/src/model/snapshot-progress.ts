import type { Reason } from '@picket/shared/reasons/reason.ts';
import type { Instant } from './instant.ts';

/** A snapshot that the agent of a voter has been ordered to take. */
export interface SnapshotTask {
  readonly id: string;
  readonly executor: string;
  readonly why: Reason;
  readonly issuedAt: Instant;
}

/** The snapshots of a cluster, and the order in progress. */
export interface SnapshotProgress {
  readonly task: SnapshotTask | null;
  /** The newest snapshot of this formation that is stored and was verified. */
  readonly last: {
    readonly id: string;
    readonly takenAt: Instant;
    /** Who has taken it. Omitted if nobody was ordered to. */
    readonly by?: string;
  } | null;
  /** The failed attempts since then. */
  readonly failure: {
    readonly id: string;
    readonly executor: string;
    readonly at: Instant;
    readonly count: number;
    readonly reason: Reason;
  } | null;
}

export const noSnapshots: SnapshotProgress = { task: null, last: null, failure: null };

export type SnapshotStep =
  | { readonly kind: 'assign-snapshot'; readonly executor: string; readonly why: Reason }
  | { readonly kind: 'withdraw-snapshot'; readonly reason: Reason }
  | { readonly kind: 'record-snapshot'; readonly id: string; readonly takenAt: Instant };
