import type { Reason } from '@picket/shared/reasons/reason.ts';
import type { Followed } from './claims.ts';
import type { Instant } from './instant.ts';

/** A node that is frozen alone, because of its claim. */
export interface Quarantine {
  readonly nodeId: string;
  readonly name: string;
  readonly since: Instant;
  readonly reason: Reason;
  /** It reported another cluster ID; omitted if it claims to follow a generation that was not published to it. */
  readonly foreign?: true;
}

/** What keeps this coordinator from acting (R5). */
export interface SafetyProgress {
  readonly frozen: Reason | null;
  /**
   * What a seal has proven that this store does not know: the cluster stays frozen until the store has another epoch
   * (R5).
   */
  readonly provenBehind: (Followed & { readonly nodeId: string }) | null;
  /** Nodes that are frozen alone. */
  readonly quarantined: readonly Quarantine[];
}

export const noObjection: SafetyProgress = { frozen: null, provenBehind: null, quarantined: [] };

export type SafetyStep =
  | { readonly kind: 'freeze'; readonly reason: Reason; readonly by?: Followed & { readonly nodeId: string } }
  | {
      readonly kind: 'quarantine';
      readonly nodeId: string;
      readonly name: string;
      readonly reason: Reason;
      /** It reports another cluster ID. */
      readonly foreign?: true;
    }
  | { readonly kind: 'end-quarantine'; readonly nodeId: string; readonly name: string; readonly reason: Reason };
