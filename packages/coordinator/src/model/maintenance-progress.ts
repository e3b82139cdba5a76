import type { Reason } from '@picket/shared/reasons/reason.ts';
import type { Instant } from './instant.ts';

/** What the agent of one voter has been asked to do to the database of all. */
export interface MaintenanceTask {
  readonly id: string;
  readonly kind: 'compact' | 'disarm';
  readonly executor: string;
  readonly issuedAt: Instant;
  /** The executor's, by its last report before. */
  readonly revision: number;
}

/** How far a cluster has come whose database is full. */
export interface NoSpace {
  readonly since: Instant;
  /** When, and up to which revision, the history of its keys was dropped last. */
  readonly compacted: { readonly at: Instant; readonly revision: number } | null;
  /** Who has been defragmented since then. */
  readonly defragmented: readonly string[];
}

/** What has been set going about etcd's database. */
export interface MaintenanceProgress {
  readonly task: MaintenanceTask | null;
  /** Who was asked last for each kind of task. */
  readonly asked: Readonly<Partial<Record<MaintenanceTask['kind'], string>>>;
  /** null while etcd takes writes. */
  readonly noSpace: NoSpace | null;
  /** The attempts at the same that came to nothing since the last success. */
  readonly failure: {
    readonly member: string;
    readonly at: Instant;
    readonly count: number;
    readonly reason: Reason;
    readonly of: 'task' | 'defragmentation';
  } | null;
  /** When each member was last defragmented, or that was tried. */
  readonly defragmentedAt: Readonly<Record<string, Instant>>;
  /** When etcd took writes again, of the last day. */
  readonly recoveries: readonly Instant[];
}

export const noMaintenance: MaintenanceProgress = {
  task: null,
  asked: {},
  noSpace: null,
  failure: null,
  defragmentedAt: {},
  recoveries: [],
};

export type SpaceStep =
  | { readonly kind: 'record-no-space'; readonly members: readonly string[] }
  | {
      readonly kind: 'assign-maintenance';
      readonly task: MaintenanceTask['kind'];
      readonly executor: string;
      readonly revision: number;
    }
  | { readonly kind: 'withdraw-maintenance'; readonly reason: Reason }
  | { readonly kind: 'record-compaction'; readonly member: string; readonly revision: number; readonly reason: Reason }
  /** `by`: who has taken the alarm back; null where it was somebody else. */
  | { readonly kind: 'record-space'; readonly by: string | null };

export type DefragmentationStep =
  | {
      readonly kind: 'grant-defragmentation';
      readonly member: string;
      readonly compactFirst: boolean;
      readonly why: Reason;
    }
  | {
      readonly kind: 'record-defragmentation';
      readonly member: string;
      readonly outcome: 'done' | 'failed';
      readonly reason: Reason;
    };
