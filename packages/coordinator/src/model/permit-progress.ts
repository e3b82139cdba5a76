import type { Reason } from '@picket/shared/reasons/reason.ts';
import type { Instant } from './instant.ts';

export interface Permit {
  readonly id: string;
  readonly member: string;
  readonly issuedAt: Instant;
  /** From here on it is no longer handed out; it may still be acted on for its validity, or until its holder hears of that (R2). */
  readonly withdrawnAt: Instant | null;
  /** Published to its holder when it was withdrawn; left out where that is not known. */
  readonly generation?: number;
  /** Left out where it is leave to restart. */
  readonly defragment?: { readonly compactFirst: boolean };
}

/** Leave for disruptive steps (R2). */
export interface PermitProgress {
  readonly permit: Permit | null;
  /** When a member's last permit lapsed without being confirmed. */
  readonly lapses: Readonly<Record<string, Instant>>;
}

export const noPermit: PermitProgress = { permit: null, lapses: {} };

export type PermitStep =
  | { readonly kind: 'grant-permit'; readonly member: string }
  | {
      readonly kind: 'withdraw-permit';
      readonly member: string;
      readonly reason: Reason;
      /** Published to the holder until now. */
      readonly generation?: number;
    }
  | { readonly kind: 'close-permit'; readonly member: string; readonly outcome: 'confirmed' | 'lapsed' };
