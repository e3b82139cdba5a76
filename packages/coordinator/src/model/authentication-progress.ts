import type { Reason } from '@picket/shared/reasons/reason.ts';
import type { FixedInstant, Instant } from './instant.ts';
import type { Task } from './task.ts';

/** The order of an operator to switch etcd's authentication, which one voter carries out. */
export interface AuthenticationTask extends Task {
  readonly enable: boolean;
  /** The common names of client certificates that must keep their access. */
  readonly clients: readonly string[];
}

interface AuthenticationFailure {
  readonly id: string;
  readonly at: FixedInstant;
  readonly reason: Reason;
  /** It is not known whether it was carried out. */
  readonly unknown?: true;
}

/** How Picket gets its etcd user where a cluster begins from an imported snapshot that lacks it. */
export interface Admission {
  /** The founder's. */
  readonly incarnation: string;
  readonly task: Task | null;
  /** The founder has got its certificate for etcd's root for this task. */
  readonly signed: boolean;
  readonly tries: number;
  /** The end of the last task; null before that. */
  readonly last: { readonly at: Instant; readonly reason: Reason } | null;
}

export interface AuthenticationProgress {
  readonly authentication: {
    readonly task: AuthenticationTask | null;
    /** Why the last order failed, or why its outcome is unknown; null if it was carried out, and if there was none. */
    readonly failure: AuthenticationFailure | null;
    /** Omitted until one begins. */
    readonly admission?: Admission;
  };
}

export const noAuthentication: AuthenticationProgress = { authentication: { task: null, failure: null } };

export type AuthenticationStep =
  | ({ readonly kind: 'assign-authentication'; readonly why: Reason } & Pick<
      AuthenticationTask,
      'executor' | 'enable' | 'clients'
    >)
  | { readonly kind: 'assign-admission'; readonly executor: string; readonly incarnation: string }
  | {
      readonly kind: 'record-admission';
      readonly executor: string;
      readonly outcome: 'done' | 'failed';
      readonly reason: Reason;
    }
  | {
      readonly kind: 'record-authentication';
      readonly executor: string;
      readonly enable: boolean;
      /** `seen`: its agent has not said so, but voters report it. */
      readonly outcome: 'done' | 'seen' | 'failed' | 'unknown';
      readonly reason: Reason;
    };
