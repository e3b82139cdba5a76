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
    /** Who has taken it; a coordinator of before kept this of none. */
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

/** The snapshot that a formation begins from in the place of nothing. */
export interface RestoreSource {
  readonly snapshot: string;
  readonly takenAt: Instant;
  readonly sizeBytes: number;
  readonly sha256: string;
  /** The members of the cluster that is given up for it; a coordinator of before noted none. */
  readonly former?: readonly FormerMember[];
}

/** A member of a cluster that is given up for a snapshot. */
export interface FormerMember {
  readonly name: string;
  readonly nodeId: string | null;
  readonly clientUrls: readonly string[];
  readonly isVoter: boolean;
  /** Etcd may have removed it already: a voter was asked to. */
  readonly mayBeOut?: true;
  /** Its data is known to be lost (R16). */
  readonly lost: boolean;
}
