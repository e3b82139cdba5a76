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

/** For each field of a model, in the order of the file: etcd's key for it, and how to write its value. */
export type Keys<Model> = {
  readonly [Field in keyof Model]-?: { readonly key: string; readonly codec: Codec<Model[Field]> };
};

/** The fields whose values are sections. */
export type SectionField = 'clientTls' | 'peerTls';

/** The top level of the file, without the field whose key depends on etcd's version: see `hash-check.ts`. The keys are the json tags in etcd's `embed.Config` (server/embed/config.go). */
export const topKeys: Keys<Omit<EtcdConfig, SectionField | 'hashCheck'>> = {
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
};

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
