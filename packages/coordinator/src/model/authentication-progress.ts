import type { Reason } from '@picket/shared/reasons/reason.ts';
import type { Instant } from './instant.ts';

/** The order of an operator to switch etcd's authentication, which one voter carries out. */
export interface AuthenticationTask {
  readonly id: string;
  readonly executor: string;
  readonly issuedAt: Instant;
  readonly enable: boolean;
  /** The common names of client certificates that must keep their access. */
  readonly clients: readonly string[];
}

export interface AuthenticationProgress {
  readonly authentication: {
    readonly task: AuthenticationTask | null;
    /** Why the last order failed; null if it was carried out, and if there was none. */
    readonly failure: { readonly id: string; readonly at: Instant; readonly reason: Reason } | null;
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
      readonly outcome: 'done' | 'failed';
      readonly reason: Reason;
    };
