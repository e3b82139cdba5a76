/** One entry of etcd's `initial-cluster`: a member and the URL that its peers dial. */
export interface InitialMember {
  readonly name: string;
  readonly peerUrl: string;
}

/**
 * The files of one of etcd's `…-transport-security` sections. `client-cert-auth: true` is always written too.
 * `certFile` and `keyFile` may name the same PEM file. etcd reads it again at each handshake, but reads
 * `trustedCaFile` only at its start.
 */
export interface TransportSecurity {
  readonly certFile: string;
  readonly keyFile: string;
  readonly trustedCaFile: string;
}

/** Limits of etcd's own log. Names and units are those of its `log-rotation-config-json`. */
export interface LogRotation {
  /** Megabytes (2^20 bytes) after which etcd starts a new file. */
  readonly maxSize: number;
  /** How many old files etcd keeps. */
  readonly maxBackups: number;
  /** Whether etcd compresses old files with gzip. */
  readonly compress: boolean;
}

export const clusterStates = ['new', 'existing'] as const;
export const compactionModes = ['periodic', 'revision'] as const;
export const logLevels = ['debug', 'info', 'warn', 'error', 'panic', 'fatal'] as const;

/** Settings of raft and storage; the same on all members of a cluster. */
export interface Tuning {
  /** Milliseconds between a leader's heartbeats (`heartbeat-interval`). */
  readonly heartbeatIntervalMs: number;
  /** Milliseconds without a heartbeat until an election (`election-timeout`). */
  readonly electionTimeoutMs: number;
  /** Applied entries between two raft snapshots (`snapshot-count`). */
  readonly snapshotCount: number;
  /** Bytes of database beyond which etcd raises NOSPACE (`quota-backend-bytes`). */
  readonly quotaBackendBytes: number;
  readonly autoCompactionMode: (typeof compactionModes)[number];
  /** If periodic, a Go duration or whole hours; otherwise a number of revisions. "0" never compacts. */
  readonly autoCompactionRetention: string;
  readonly logLevel: (typeof logLevels)[number];
}

/**
 * The content of one member's conf.yml, in etcd's own words (`embed.Config`). With `--config-file` etcd
 * ignores all flags and environment variables, so it has no other settings.
 */
export interface EtcdConfig extends Tuning {
  readonly name: string;
  readonly dataDir: string;
  readonly listenPeerUrls: readonly string[];
  readonly listenClientUrls: readonly string[];
  readonly listenMetricsUrls: readonly string[];
  readonly initialAdvertisePeerUrls: readonly string[];
  readonly advertiseClientUrls: readonly string[];
  readonly initialCluster: readonly InitialMember[];
  /** Always written: etcd's default is `new` (R1). */
  readonly initialClusterState: (typeof clusterStates)[number];
  readonly initialClusterToken: string;
  /** etcd's own default. The configuration in Alpine's package turns it off. */
  readonly strictReconfigCheck: true;
  readonly clientTls: TransportSecurity;
  readonly peerTls: TransportSecurity;
  readonly logger: 'zap';
  /** The only file that etcd logs to (`log-outputs`). If etcd may not write there, it creates no file and reports no error. */
  readonly logFile: string;
  readonly enableLogRotation: true;
  readonly logRotation: LogRotation;
  /** The check of compacted revisions is always on, by exactly one of these: see `hash-check.ts`. */
  readonly compactHashCheck?: true;
  readonly featureGates?: 'CompactHashCheck=true';
}
