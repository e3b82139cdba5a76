import type { Reason } from '@picket/shared/reasons/reason.ts';
import type { Instant } from './instant.ts';
import type { Task } from './task.ts';

/** What the agent of one voter has been ordered to do to the database of all. */
export interface MaintenanceTask extends Task {
  readonly kind: 'compact' | 'disarm';
  /** The executor's revision, by its last report before. */
  readonly revision: number;
}

/** How far the recovery of a cluster with a full database has come. */
export interface NoSpace {
  readonly since: Instant;
  /** When, and up to which revision, the last compaction was. */
  readonly compacted: { readonly at: Instant; readonly revision: number } | null;
  /** The members that have been defragmented since then. */
  readonly defragmented: readonly string[];
}

/** The maintenance of etcd's database in progress. */
export interface MaintenanceProgress {
  readonly task: MaintenanceTask | null;
  /** The last executor of each kind of task. */
  readonly asked: Readonly<Partial<Record<MaintenanceTask['kind'], string>>>;
  /** null while etcd takes writes. */
  readonly noSpace: NoSpace | null;
  /** The failed attempts at the same task since the last success. */
  readonly failure: {
    readonly member: string;
    readonly at: Instant;
    readonly count: number;
    readonly reason: Reason;
    readonly of: 'task' | 'defragmentation';
  } | null;
  /** When each member was last defragmented, or an attempt was made. */
  readonly defragmentedAt: Readonly<Record<string, Instant>>;
  /** The moments of the last day at which etcd took writes again. */
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
  /** `by`: who has disarmed the alarm; null if somebody else did. */
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
