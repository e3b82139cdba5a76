import type { Reason } from '@picket/shared/reasons/reason.ts';
import type { FixedInstant } from './instant.ts';
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

export interface AuthenticationProgress {
  readonly authentication: {
    readonly task: AuthenticationTask | null;
    /** Why the last order failed, or why its outcome is unknown; null if it was carried out, and if there was none. */
    readonly failure: AuthenticationFailure | null;
  };
}

export const noAuthentication: AuthenticationProgress = { authentication: { task: null, failure: null } };

export type AuthenticationStep =
  | ({ readonly kind: 'assign-authentication'; readonly why: Reason } & Pick<
      AuthenticationTask,
      'executor' | 'enable' | 'clients'
    >)
  | {
      readonly kind: 'record-authentication';
      readonly executor: string;
      readonly enable: boolean;
      /** `seen`: its agent has not said so, but voters report it. */
      readonly outcome: 'done' | 'seen' | 'failed' | 'unknown';
      readonly reason: Reason;
    };
