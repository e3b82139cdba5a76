import type { Reason } from '@picket/shared/reasons/reason.ts';
import type { Instant } from './instant.ts';

/** A snapshot that the agent of a voter has been asked to take. */
export interface SnapshotTask {
  readonly id: string;
  readonly executor: string;
  readonly why: Reason;
  readonly issuedAt: Instant;
}

/** What has been set going about snapshots. */
export interface SnapshotProgress {
  readonly task: SnapshotTask | null;
  /** The newest one of this formation that is kept and was found good. */
  readonly last: {
    readonly id: string;
    readonly takenAt: Instant;
    /** Who has taken it. Left out where nobody was asked for it. */
    readonly by?: string;
  } | null;
  /** The attempts since then that came to nothing. */
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
