import type { Reason } from '@picket/shared/reasons/reason.ts';
import type { Instant } from './instant.ts';
import type { Task } from './task.ts';

/** A handover of the leadership that an operator has ordered. */
export interface LeaderMove extends Task {
  /** The member that leads: only its etcd can hand over. */
  readonly executor: string;
  /** The member that will lead. */
  readonly member: string;
  /** The ID that etcd gave to `member`. */
  readonly memberId: string;
}

/** The last handover that was carried out, by the IDs that etcd gave. */
export interface HandedOver {
  readonly from: string | null;
  readonly to: string;
  readonly at: Instant;
}

export interface LeadershipProgress {
  readonly leaderMove: LeaderMove | null;
  /** Omitted if there was none, as in what older versions have stored. */
  readonly handedOver?: HandedOver;
}

export const noLeaderMove: LeadershipProgress = { leaderMove: null };

export type LeadershipStep =
  | {
      readonly kind: 'assign-handover';
      readonly member: string;
      readonly memberId: string;
      readonly executor: string;
      /** Who ordered it; null if the leader is to leave etcd. */
      readonly by: string | null;
    }
  | {
      readonly kind: 'record-handover';
      readonly member: string;
      readonly executor: string;
      readonly outcome: 'done' | 'failed';
      readonly reason: Reason;
    };
