import {
  alwaysTrue,
  type Codec,
  initialCluster,
  integer,
  listOfOne,
  logRotation,
  oneOf,
  text,
  urlList,
} from './codec.ts';
import { clusterStates, compactionModes, type EtcdConfig, logLevels, type TransportSecurity } from './model.ts';

/**
 * The minor versions of etcd in which a key takes effect, such as `3.6`: from one on, and before another. Other versions ignore
 * the key without a word.
 */
export interface KeyVersions {
  readonly from: string;
  readonly before: string | null;
}

interface Key<Value> {
  readonly key: string;
  readonly codec: Codec<Value>;
  /** Left out: in all versions from 3.5 on. */
  readonly takesEffect?: KeyVersions;
}

/**
 * For each field of a model, in the order of the file: etcd's key for it, and how to write its value. A file that lacks an
 * optional key reads as before: give each new setting such a key, since the files of existing members have none.
 */
export type Keys<Model> = {
  readonly [Field in keyof Model]-?: Key<Exclude<Model[Field], undefined>> &
    (object extends Pick<Model, Field> ? { readonly optional: true } : { readonly optional?: never });
};

/** The fields whose values are sections. */
export type SectionField = 'clientTls' | 'peerTls';

/**
 * The top level of the file. The keys are the json tags in etcd's `embed.Config` (server/embed/config.go of 3.5.33, 3.6.14 and 3.7.1).
 */
export const topKeys = {
  name: { key: 'name', codec: text },
  dataDir: { key: 'data-dir', codec: text },
  listenPeerUrls: { key: 'listen-peer-urls', codec: urlList },
  listenClientUrls: { key: 'listen-client-urls', codec: urlList },
  listenMetricsUrls: { key: 'listen-metrics-urls', codec: urlList },
  initialAdvertisePeerUrls: { key: 'initial-advertise-peer-urls', codec: urlList },
  advertiseClientUrls: { key: 'advertise-client-urls', codec: urlList },
  initialCluster: { key: 'initial-cluster', codec: initialCluster },
  initialClusterState: { key: 'initial-cluster-state', codec: oneOf(...clusterStates) },
  initialClusterToken: { key: 'initial-cluster-token', codec: text },
  heartbeatIntervalMs: { key: 'heartbeat-interval', codec: integer },
  electionTimeoutMs: { key: 'election-timeout', codec: integer },
  snapshotCount: { key: 'snapshot-count', codec: integer },
  quotaBackendBytes: { key: 'quota-backend-bytes', codec: integer },
  autoCompactionMode: { key: 'auto-compaction-mode', codec: oneOf(...compactionModes) },
  autoCompactionRetention: { key: 'auto-compaction-retention', codec: text },
  strictReconfigCheck: {
    key: 'strict-reconfig-check',
    codec: alwaysTrue('with it etcd refuses membership changes that would lose the quorum'),
  },
  logger: { key: 'logger', codec: oneOf('zap') },
  logLevel: { key: 'log-level', codec: oneOf(...logLevels) },
  logFile: { key: 'log-outputs', codec: listOfOne(text) },
  enableLogRotation: {
    key: 'enable-log-rotation',
    codec: alwaysTrue('without it the log grows until the disk is full'),
  },
  logRotation: { key: 'log-rotation-config-json', codec: logRotation },
  // Deprecated in 3.6; etcd 3.7 has no `experimental-` key any more. With both of these keys etcd 3.6 refuses to start.
  compactHashCheck: {
    key: 'experimental-compact-hash-check-enabled',
    codec: alwaysTrue('without it etcd does not notice that the data of a member differs'),
    takesEffect: { from: '3.5', before: '3.7' },
    optional: true,
  },
  // The gates are in server/features/etcd_features.go. etcd refuses to start with a gate that it does not know.
  featureGates: {
    key: 'feature-gates',
    codec: oneOf('CompactHashCheck=true'),
    takesEffect: { from: '3.6', before: null },
    optional: true,
  },
} as const satisfies Keys<Omit<EtcdConfig, SectionField>>;

/** The sections, after the top level in the file. */
export const sectionKeys: Readonly<Record<SectionField, string>> = {
  clientTls: 'client-transport-security',
  peerTls: 'peer-transport-security',
};

/** The keys of both sections. Both have `cert-file`, although the flag for peers is `--peer-cert-file`. */
export const transportKeys: Keys<TransportSecurity & { readonly clientCertAuth: true }> = {
  certFile: { key: 'cert-file', codec: text },
  keyFile: { key: 'key-file', codec: text },
  clientCertAuth: { key: 'client-cert-auth', codec: alwaysTrue('without it anyone may connect') },
  trustedCaFile: { key: 'trusted-ca-file', codec: text },
};
