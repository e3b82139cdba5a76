import type { ClusterSpec } from '@picket/shared/protocol/clusters.ts';
import type { Reason } from '@picket/shared/reasons/reason.ts';
import type { Instant } from './instant.ts';

/** What of a spec stands in conf.yml and is released member by member. */
export interface Configuration {
  /** The revision of the spec that it was first wanted in. */
  readonly revision: number;
  readonly tuning: ClusterSpec['tuning'];
  readonly metricsPort: number;
}

/** How far the configuration has been released (R6). */
export interface ConfigurationProgress {
  /** What all members had when the last rollout ended; what newcomers get. null before a cluster is recorded. */
  readonly settled: Configuration | null;
  /** Of members that have, or are about to get, another one than that. */
  readonly released: Readonly<Record<string, Configuration>>;
  /** The member that is to show that it can run with what it was given; `before` is what it had. */
  readonly trial: { readonly member: string; readonly before: Configuration; readonly since: Instant } | null;
  /** A configuration that a member could not run with: it goes to nobody before an operator has spoken. */
  readonly stopped: {
    readonly configuration: Configuration;
    readonly member: string;
    readonly reason: Reason;
    readonly at: Instant;
  } | null;
  /** By an operator's word no further member is given anything new. */
  readonly paused: boolean;
}

export const noConfiguration: ConfigurationProgress = {
  settled: null,
  released: {},
  trial: null,
  stopped: null,
  paused: false,
};

export type ConfigurationStep =
  | { readonly kind: 'release-configuration'; readonly member: string; readonly configuration: Configuration }
  | { readonly kind: 'confirm-configuration'; readonly member: string }
  | { readonly kind: 'put-back-configuration'; readonly member: string; readonly reason: Reason }
  | { readonly kind: 'settle-configuration'; readonly configuration: Configuration };
