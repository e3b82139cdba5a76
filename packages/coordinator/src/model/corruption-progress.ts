import type { KeysHash } from '@picket/shared/protocol/maintenance.ts';
import type { Reason } from '@picket/shared/reasons/reason.ts';
import type { FixedInstant, Instant } from './instant.ts';
import type { Task } from './task.ts';

/** The hash of a voter's keys. */
export interface VoterHash extends KeysHash {
  readonly member: string;
}

/** What a comparison shows. */
export interface Finding {
  /**
   * `agree`: all voters have the same hash. `named`: a majority of all voters has the same hash, and each of `differing`
   * has another one at the same revision. `undecided`: neither is proven.
   */
  readonly finding: 'agree' | 'named' | 'undecided';
  /** The majority, by name; empty if there is none. */
  readonly agreeing: readonly string[];
  /** Empty unless a member is named. */
  readonly differing: readonly string[];
}

/** A comparison of the data of the voters. */
export interface Comparison extends Finding {
  readonly revision: number;
  /** The member IDs of all voters at that time: once others vote, it says nothing more. */
  readonly voters: readonly string[];
  readonly hashes: readonly VoterHash[];
  /** The voters without a hash, and why. */
  readonly unheard: readonly { readonly member: string; readonly why: Reason }[];
}

/** What was done because of the alarm CORRUPT. */
export interface Corruption {
  /** When the first comparison was ordered; null while the alarm is not raised. */
  readonly since: FixedInstant | null;
  /** The comparison that is under way. */
  readonly comparing: {
    readonly id: string;
    readonly issuedAt: Instant;
    readonly revision: number;
    readonly members: readonly string[];
  } | null;
  readonly found: (Comparison & { readonly at: Instant }) | null;
  /** Comparisons in a row that were undecided. */
  readonly undecided: number;
  /** The member IDs that were named under this alarm. */
  readonly named: readonly string[];
  readonly disarming: Task | null;
  /** The last attempt to disarm it that failed. */
  readonly failure: { readonly executor: string; readonly at: Instant } | null;
}

export interface CorruptionProgress {
  readonly corruption: Corruption;
}

export const noCorruption: Corruption = {
  since: null,
  comparing: null,
  found: null,
  undecided: 0,
  named: [],
  disarming: null,
  failure: null,
};

export type CorruptionStep =
  | { readonly kind: 'assign-comparison'; readonly members: readonly string[]; readonly revision: number }
  | ({ readonly kind: 'record-comparison' } & Comparison)
  | { readonly kind: 'assign-disarming'; readonly executor: string }
  | { readonly kind: 'withdraw-disarming'; readonly reason: Reason }
  /** `by`: who has disarmed the alarm; null if somebody else did. */
  | { readonly kind: 'record-no-corruption'; readonly by: string | null };
