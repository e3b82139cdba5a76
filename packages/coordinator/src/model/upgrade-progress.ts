import type { Reason } from '@picket/shared/reasons/reason.ts';
import type { Instant } from './instant.ts';
import type { Task } from './task.ts';

/** One stage of an upgrade: the next begins once every member has done this one. */
export type UpgradeStage =
  /**
   * Each member runs this release; null: the package of its system, which it ran before, or if `packageMinor` is set, the one with this
   * minor version. `beside`: the minor version that some run without an order, and come back from; omitted if all run the same.
   */
  | {
      readonly kind: 'install';
      readonly version: string | null;
      readonly beside?: string;
      readonly packageMinor?: string;
    }
  /** Each voter restarts once with what it runs. */
  | { readonly kind: 'restart' }
  /** Each voter writes a raft snapshot with what it runs. */
  | { readonly kind: 'raft-snapshot' }
  /** etcd lowers its cluster version to this minor version, so that an etcd of that version can start with the data. */
  | { readonly kind: 'downgrade'; readonly to: string };

/** A stage after which each member runs another etcd. */
export type Installing = Extract<UpgradeStage, { readonly kind: 'install' }>;

/** Where an upgrade waits for an operator's word. */
export type UpgradePause = 'after-first' | 'before-last';

/** What one voter's etcd is asked for: its own downgrade of the cluster to this minor version; null: the end of that. */
interface DowngradeTask extends Task {
  readonly to: string | null;
}

/** How the last such order ended. */
interface DowngradeEnd {
  readonly executor: string;
  readonly to: string | null;
  readonly at: Instant;
  /** How many have failed in a row; 0: it was carried out. */
  readonly failures: number;
  readonly reason: Reason;
}

/** An operator's order to bring a cluster to another version of etcd, stage by stage. */
export interface Upgrade {
  /** As `targetOf` reads it. */
  readonly to: string;
  readonly stages: readonly UpgradeStage[];
  /** The stage under way, counted from 0. */
  readonly at: number;
  /** The permit by which each voter restarts in a stage `restart`. */
  readonly restarts: Readonly<Record<string, string>>;
  /** Where each stage that changes the minor version waits for an operator. */
  readonly pauses: readonly UpgradePause[];
  /** Where this stage has waited. */
  readonly pausedAt: readonly UpgradePause[];
  /** Where it waits now; omitted otherwise, also while an operator has paused it. */
  readonly waitsAt?: UpgradePause;
  /**
   * Up to this raft index, the log may have entries of a former minor version. Noted where raft snapshots are needed, once etcd's cluster
   * version is the present one; omitted until then.
   */
  readonly raftIndex?: number;
  /** Aborted: the minor version that members may have beside the cluster's. Omitted of one that goes on. */
  readonly leaves?: string;
  /** Aborted: the stage that has brought it. Omitted otherwise, and if none has. */
  readonly left?: Installing;
  /** It goes to an earlier version. Omitted otherwise. */
  readonly down?: true;
  /** The order for etcd's own downgrade that is under way. Omitted without one. */
  readonly order?: DowngradeTask;
  /** Of this stage. Omitted until then. */
  readonly lastOrder?: DowngradeEnd;
}

export interface UpgradeProgress {
  readonly upgrade: Upgrade | null;
}

export const noUpgrade: UpgradeProgress = { upgrade: null };

/** The upgrade once an operator has said that it goes on: whoever pauses it next is an operator. */
export function goingOn({ waitsAt: _over, ...upgrade }: Upgrade): Upgrade {
  return upgrade;
}

export type UpgradeStep =
  | { readonly kind: 'pause-upgrade'; readonly at: UpgradePause; readonly member: string }
  /** No entry of a former minor version comes after this raft index. */
  | { readonly kind: 'note-raft-index'; readonly index: number }
  /** Every member has done this stage. `minor`: the minor version that the cluster runs from now on. */
  | { readonly kind: 'end-upgrade-stage'; readonly stage: UpgradeStage; readonly minor: string | null }
  /** `down`: it went to an earlier version. Omitted otherwise. */
  | { readonly kind: 'end-upgrade'; readonly to: string; readonly aborted: boolean; readonly down?: true }
  | { readonly kind: 'assign-downgrade'; readonly executor: string; readonly to: string | null }
  | {
      readonly kind: 'record-downgrade';
      readonly executor: string;
      readonly to: string | null;
      readonly outcome: 'done' | 'failed';
      readonly reason: Reason;
    };
