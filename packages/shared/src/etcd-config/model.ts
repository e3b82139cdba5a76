/** One entry of etcd's `initial-cluster`: a member and the one URL its peers dial. */
export interface InitialMember {
  readonly name: string;
  readonly peerUrl: string;
}

/**
 * The files of one of etcd's `…-transport-security` sections. `client-cert-auth: true` is always rendered
 * with them. `certFile` and `keyFile` may name the same PEM, which etcd reads again at each handshake;
 * `trustedCaFile` is read at start only.
 */
export interface TransportSecurity {
  readonly certFile: string;
  readonly keyFile: string;
  readonly trustedCaFile: string;
}

/** How etcd keeps its own log small; names and units are those of its `log-rotation-config-json`. */
export interface LogRotation {
  /** Megabytes (2^20 bytes) after which a new file is begun. */
  readonly maxSize: number;
  /** How many former files are kept. */
  readonly maxBackups: number;
  /** Whether former files are packed with gzip. */
  readonly compress: boolean;
}

export const clusterStates = ['new', 'existing'] as const;
export const compactionModes = ['periodic', 'revision'] as const;
export const logLevels = ['debug', 'info', 'warn', 'error', 'panic', 'fatal'] as const;

/** How a member's raft and storage are set; the same on all members of a cluster. */
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
  /** A Go duration or whole hours when periodic, a number of revisions otherwise; "0" compacts never. */
  readonly autoCompactionRetention: string;
  readonly logLevel: (typeof logLevels)[number];
}

/**
 * What one member's conf.yml says, in etcd's own words (etcd 3.5 and 3.6, `embed.Config`). With
 * `--config-file` etcd ignores all flags and environment variables, so this is all it is told.
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
  /** Never left to etcd's default, which is `new` (R1). */
  readonly initialClusterState: (typeof clusterStates)[number];
  readonly initialClusterToken: string;
  /** etcd's own default; the file that Alpine packages turns it off. */
  readonly strictReconfigCheck: true;
  readonly clientTls: TransportSecurity;
  readonly peerTls: TransportSecurity;
  readonly logger: 'zap';
  /** The one file that etcd logs to (`log-outputs`). It makes none, and says so nowhere, where it may not write. */
  readonly logFile: string;
  readonly enableLogRotation: true;
  readonly logRotation: LogRotation;
}
