import type { Reason } from '@picket/shared/reasons/reason.ts';
import type { FixedInstant, Instant } from './instant.ts';
import type { RehearsalProgress } from './rehearsal-progress.ts';
import type { Task } from './task.ts';

/** A snapshot that the agent of a voter has been ordered to take. */
export interface SnapshotTask extends Task {
  readonly why: Reason;
  /** Omitted for one that a serving voter takes. */
  readonly withoutQuorum?: WithoutQuorum;
}

/** What makes a snapshot one that was taken without a quorum. */
export interface WithoutQuorum {
  /** What its voter had applied when the snapshot was ordered. */
  readonly appliedIndex: number;
}

/** A snapshot that is stored and was verified. */
export interface LastSnapshot {
  readonly id: string;
  readonly takenAt: FixedInstant;
  /** Who has taken it. Omitted if nobody was ordered to. */
  readonly by?: string;
  /**
   * When it was stored, by the clock of this run: unlike `takenAt`, it moves with each step of the clock. Omitted since a start of the
   * coordinator: no clock tells how long ago that was.
   */
  readonly storedAt?: Instant;
}

/** The snapshots of a cluster, and the order in progress. */
export interface SnapshotProgress {
  readonly task: SnapshotTask | null;
  /** The newest snapshot of this formation that is stored and was verified. */
  readonly last: LastSnapshot | null;
  /** The failed attempts since then. */
  readonly failure: {
    readonly id: string;
    readonly executor: string;
    readonly at: Instant;
    readonly count: number;
    readonly reason: Reason;
  } | null;
  /**
   * The newest one that was taken without a quorum, until another one is taken of a serving voter. It may lack writes that
   * etcd acknowledged, so it is never `last`: no change rests on it, and no schedule.
   */
  readonly rescue: { readonly id: string; readonly by: string; readonly appliedIndex: number } | null;
  /** The last failed attempt to take one without a quorum. It is never `failure`: a change waits for the others. */
  readonly rescueFailure: {
    readonly id: string;
    readonly executor: string;
    readonly at: Instant;
    readonly reason: Reason;
  } | null;
  /** Omitted before the first. */
  readonly rehearsal?: RehearsalProgress;
}

export const noSnapshots: SnapshotProgress = {
  task: null,
  last: null,
  failure: null,
  rescue: null,
  rescueFailure: null,
};

export type SnapshotStep =
  | {
      readonly kind: 'assign-snapshot';
      readonly executor: string;
      readonly why: Reason;
      readonly withoutQuorum?: WithoutQuorum;
    }
  | { readonly kind: 'withdraw-snapshot'; readonly reason: Reason }
  | { readonly kind: 'record-snapshot'; readonly id: string; readonly takenAt: FixedInstant };
