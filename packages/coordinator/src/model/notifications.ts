import type { NextCommand } from '@picket/shared/protocol/clusters.ts';
import type { AnyReason } from '@picket/shared/reasons/reason.ts';
import type { Instant } from './instant.ts';

/** A problem that a receiver knows of, until it knows that the problem is over. */
export interface NotifiedProblem {
  /** What it is about. Two problems with one key are the same problem, perhaps by another rule. */
  readonly key: string;
  /** null: the coordinator itself. */
  readonly cluster: string | null;
  /** The member, the client or the holder; null if it is about the whole. */
  readonly name: string | null;
  /** Of the table of rules of this version, or of another one. */
  readonly rule: string;
  readonly since: Instant;
  /** It changes often: the rules that were sent since then. Until it stays as it is, only other critical ones are sent. */
  readonly flapping?: readonly string[];
  /** Of one that changes often: when it changed last, so that a restart of the coordinator does not begin the wait again. */
  readonly debounced?: Debounced;
}

/** What a problem has been since it changed last. */
export interface Debounced {
  /** null: it is not seen. */
  readonly rule: string | null;
  readonly since: Instant;
}

/** When a receiver learnt in the last hour that a problem has begun, changed or ended; the oldest first. */
export interface Changes {
  readonly key: string;
  readonly at: readonly Instant[];
}

/** What one receiver knows. */
export interface Known {
  readonly notified: readonly NotifiedProblem[];
  readonly changes: readonly Changes[];
}

/** A problem in a message, with what to do. */
export interface ShownProblem extends NotifiedProblem {
  readonly why: AnyReason;
  readonly next: NextCommand | null;
  /** It has changed often, and stays as it is now. */
  readonly isSteady?: true;
}

/** What one receiver does not know yet. */
export interface Message {
  readonly id: string;
  readonly at: Instant;
  /** New problems, and those that have another rule now; the most urgent first. */
  readonly shown: readonly ShownProblem[];
  /** More of them, only counted in the text. */
  readonly others: readonly NotifiedProblem[];
  /** `gone`: the cluster or the node is no longer there. */
  readonly over: readonly (NotifiedProblem & { readonly gone: boolean })[];
  /** Problems beyond what is stored for a receiver. */
  readonly unlisted: number;
}
