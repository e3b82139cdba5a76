import type { ClusterSpec } from '@picket/shared/protocol/clusters.ts';
import type { Architecture } from '@picket/shared/protocol/releases.ts';
import type { Changed } from '@picket/shared/reasons/changed-settings.ts';
import type { Reason } from '@picket/shared/reasons/reason.ts';
import type { FixedInstant, Instant } from './instant.ts';

/** The part of a spec that is released member by member: what is in conf.yml, and which etcd runs with it. */
export interface Configuration {
  /** The revision of the spec that first wanted it. */
  readonly revision: number;
  readonly tuning: ClusterSpec['tuning'];
  readonly metricsPort: number;
  /** Omitted: on loopback alone. */
  readonly etcdMetrics?: 'address';
  /** The release that runs. Omitted: the package of each machine's system. */
  readonly etcd?: { readonly version: string };
  /** The minor version of the package that runs, where that is not the one of the cluster: the last stage of an upgrade brings it. */
  readonly packageMinor?: string;
  /** etcd writes a raft snapshot after each change, whatever the tuning says: a stage of an upgrade needs one. Omitted otherwise. */
  readonly raftSnapshots?: true;
}

/** How far the configuration has been released (R6). */
export interface ConfigurationProgress {
  /**
   * The settings of all members at the end of the last rollout; newcomers get these. null before a cluster is recorded.
   */
  readonly settled: Configuration | null;
  /** For members that have, or are about to get, others than that. */
  readonly rolledOut: Readonly<Record<string, Configuration>>;
  /** The member that must show that it can run with its settings; `before` is what it had. */
  readonly trial: { readonly member: string; readonly before: Configuration; readonly since: Instant } | null;
  /** A configuration that a member could not run with: nobody gets it until an operator decides. */
  readonly stopped: {
    readonly configuration: Configuration;
    readonly member: string;
    readonly reason: Reason;
    readonly at: FixedInstant;
  } | null;
  /** An operator has paused the rollout: no further member gets new settings. */
  readonly paused: boolean;
  /**
   * The SHA-256 of the etcd that members were given as this version, while the cluster wants that version: nobody gets another
   * one by the same name.
   */
  readonly given: GivenEtcds;
}

/** By version and architecture. */
export type GivenEtcds = Readonly<Record<string, Readonly<Partial<Record<Architecture, string>>>>>;

export const noConfiguration: ConfigurationProgress = {
  settled: null,
  rolledOut: {},
  trial: null,
  stopped: null,
  paused: false,
  given: {},
};

export type ConfigurationStep =
  | { readonly kind: 'release-configuration'; readonly member: string; readonly configuration: Configuration }
  | { readonly kind: 'confirm-configuration'; readonly member: string }
  | {
      readonly kind: 'put-back-configuration';
      readonly member: string;
      readonly changed: Changed;
      readonly reason: Reason;
    }
  | { readonly kind: 'settle-configuration'; readonly configuration: Configuration };
