import type { Reason } from '@picket/shared/reasons/reason.ts';
import type { Instant } from './instant.ts';

/** A member is held, so that an operator can work on its machine. */
export interface Hold {
  /** Who holds it, such as `operator ada`. */
  readonly by: string;
  readonly why: string | null;
  /** For so long at most, from `issuedAt` of its permit. */
  readonly seconds: number;
  /**
   * The seconds before `issuedAt` that its agent may have counted, at most: the coordinator was restarted or restored since the
   * hold began. Omitted: none.
   */
  readonly earlier?: number;
  /** Who last changed when it ends. Omitted if nobody has. */
  readonly changedBy?: string;
  /** Whether its agent stops etcd. */
  readonly stop: boolean;
  /** Whether its agent has reported that it can be disrupted. */
  readonly taken: boolean;
  /** Why it ends; omitted until then. */
  readonly over?: Reason;
}

export interface Permit {
  readonly id: string;
  readonly member: string;
  readonly issuedAt: Instant;
  /**
   * From here on it is no longer handed out. It may still be used for its validity, or until its holder hears of the
   * withdrawal (R2).
   */
  readonly withdrawnAt: Instant | null;
  /** The generation published to its holder when it was withdrawn; omitted if it is not known. */
  readonly generation?: number;
  /** An operator has asked for this restart. Omitted if the node needs it. */
  readonly asked?: true;
  /** Omitted unless the permit is for a hold. */
  readonly hold?: Hold;
  /** Omitted unless it is for a defragmentation. */
  readonly defragment?: { readonly compactFirst: boolean };
}

/** Permits for disruptive steps (R2). */
export interface PermitProgress {
  readonly permit: Permit | null;
  /** When a member's last permit expired without confirmation. */
  readonly lapses: Readonly<Record<string, Instant>>;
}

export const noPermit: PermitProgress = { permit: null, lapses: {} };

export type PermitStep =
  | {
      readonly kind: 'grant-permit';
      readonly member: string;
      /** Who has ordered the restart; omitted if the node needs it. */
      readonly by?: string;
      /** A stage of an upgrade restarts each voter once. Omitted otherwise. */
      readonly upgrade?: true;
    }
  | {
      readonly kind: 'withdraw-permit';
      readonly member: string;
      readonly reason: Reason;
      /** It is the permit of a hold: whether its agent had begun it. Omitted otherwise. */
      readonly hold?: 'begun' | 'not-begun';
      /** The generation published to the holder until now. */
      readonly generation?: number;
    }
  | { readonly kind: 'close-permit'; readonly member: string; readonly outcome: 'confirmed' | 'lapsed' };

export type HoldStep =
  | {
      readonly kind: 'grant-hold';
      readonly member: string;
      readonly by: string;
      readonly why: string | null;
      readonly seconds: number;
      readonly stop: boolean;
    }
  /** Its agent has reported that it can be disrupted. `until`: as a timestamp. */
  | { readonly kind: 'open-hold'; readonly member: string; readonly by: string; readonly until: string }
  /** It ends so many seconds after this step, which is at `until`, as a timestamp. `why`: null keeps the former reason. */
  | {
      readonly kind: 'change-hold';
      readonly member: string;
      readonly by: string;
      readonly why: string | null;
      readonly seconds: number;
      readonly until: string;
    }
  /** `lapsed`: the member does not serve. */
  | { readonly kind: 'end-hold'; readonly member: string; readonly outcome: 'ended' | 'lapsed' };
