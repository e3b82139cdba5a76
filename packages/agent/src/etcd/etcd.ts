import { reasonOf } from '@picket/shared/errors.ts';
import type { KeysHash } from '@picket/shared/protocol/maintenance.ts';
import type { EtcdReport, ListedMember } from '@picket/shared/protocol/report.ts';
import { type AnyReason, type Reason, reason } from '@picket/shared/reasons/reason.ts';
import type { Histogram } from './fsync-histogram.ts';

/** Where the local etcd listens, and the credential for it. */
export interface EtcdEndpoint {
  /** `https://ADDRESS:2379` of the local member. */
  readonly clientUrl: string;
  /** `http://127.0.0.1:2381`: /health and /metrics without a certificate. */
  readonly metricsUrl: string;
  /** PEM bundle of the client CA. */
  readonly trust: string;
  /** Certificate and key in one PEM. */
  readonly credential: string;
}

/**
 * The gRPC code Unauthenticated. Every refusal because of etcd's authentication has this code here, whichever code etcd
 * gave.
 */
export const unauthenticated = 16;

/** An error from etcd: its gRPC code and its words. */
export class EtcdError extends Error {
  override readonly name = 'EtcdError';
  /** gRPC code; 9 FailedPrecondition, 5 NotFound, 14 Unavailable, 4 DeadlineExceeded. */
  readonly grpcCode: number;

  constructor(grpcCode: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.grpcCode = grpcCode;
  }
}

/** etcd refuses this agent while authentication is on, or the agent lacks what it needs to log in. */
export class RefusedByAuthentication extends EtcdError {
  readonly why: Reason;

  constructor(why: Reason) {
    super(unauthenticated, 'etcd’s authentication is on and keeps the agent out');
    this.why = why;
  }
}

/** etcd's authentication must not be switched on now. */
export class AuthenticationRefused extends Error {
  override readonly name = 'AuthenticationRefused';
  readonly why: Reason;

  constructor(why: Reason) {
    super('etcd’s authentication is not switched on');
    this.why = why;
  }
}

/** Why a call of etcd failed, as a reason. */
export function reasonOfEtcd(error: unknown): AnyReason {
  // During each normal join: etcd's own words sound like a fault.
  if (error instanceof EtcdError && error.message.includes('unhealthy cluster')) return reason('voters_just_connected');
  return error instanceof RefusedByAuthentication || error instanceof AuthenticationRefused
    ? error.why
    : reasonOf(error);
}

/** What the last calls showed of etcd's authentication. */
export interface Authentication {
  readonly on: boolean;
  /** Why the agent cannot administer etcd; null if it can, and while authentication is off. */
  readonly refused: AnyReason | null;
  /** The etcd users that are named as server certificates are, as of the last hour. */
  readonly likeServers: readonly string[];
}

type EtcdHead = Pick<EtcdReport, 'clusterId' | 'revision' | 'version' | 'dbSizeBytes'>;

/** What etcd's metrics say. */
export interface EtcdFigures {
  /** How long the fsyncs of etcd's log took, in seconds; null if the metrics lack it. */
  readonly walFsync: Histogram | null;
  /** Whether etcd checks compacted revisions; null if its version does not say so: before 3.6. */
  readonly hashCheck: boolean | null;
  /** What an etcd calls itself that has no leader, also before it serves; null if it has one, or the metrics do not say so. */
  readonly leaderlessVersion: string | null;
}

/** The longest wait for an answer; `signal` ends it earlier. etcd finishes what it has begun. */
export interface Patience {
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
}

/**
 * One etcd, through its JSON gateway, or through etcdctl while its authentication is on. Every call has a deadline: before the first leader is elected, the port accepts
 * connections and does not answer.
 */
export interface EtcdGateway {
  /** null if etcd does not answer in time; never throws for that. */
  report(): Promise<EtcdReport | null>;
  /**
   * True if etcd has just answered a linearizable read, so a quorum serves. The call needs no identity. So etcd answers
   * it even with authentication on, when it refuses every other call. Never throws.
   */
  quorumRead(): Promise<boolean>;
  /** The version that etcd's members have agreed on; null if etcd does not answer in time, or they have agreed on none. Never throws. */
  clusterVersion(): Promise<string | null>;
  /** What the last calls showed of etcd's authentication; silence is not a refusal. */
  authentication(): Authentication;
  /** Why this node could not administer etcd while authentication is on; null if it could. Asks etcd nothing. */
  etcdctlObstacle(): Promise<Reason | null>;
  /** null if etcd does not answer in time. The answer is 150 kB of text. */
  figures(): Promise<EtcdFigures | null>;
  memberList(): Promise<readonly ListedMember[]>;
  addLearner(peerUrl: string): Promise<string>;
  promote(memberId: string): Promise<void>;
  remove(memberId: string): Promise<void>;
  moveLeader(to: string): Promise<void>;
  /**
   * Lets etcd lower its cluster version to this minor version, such as `3.5`; null: ends that. Succeeds too if it is so already.
   * Throws EtcdError.
   */
  downgrade(to: string | null, patience: Patience): Promise<void>;
  /** The member that answers, and etcd's revision. Throws EtcdError. */
  head(): Promise<EtcdHead>;
  /** A snapshot in pieces, which can be restored. Throws EtcdError or the signal's reason. */
  snapshot(signal: AbortSignal): AsyncIterable<Buffer>;
  /**
   * Compacts: drops what keys held before this revision, on all members, and waits until this member's database has
   * dropped it. Succeeds too if another member compacted first. Throws EtcdError.
   */
  compact(revision: number, patience: Patience): Promise<void>;
  /**
   * Defragments: rewrites this member's database without its gaps. The member serves nobody meanwhile. Throws
   * EtcdError.
   */
  defragment(patience: Patience): Promise<void>;
  /**
   * Disarms the alarm NOSPACE of all members, and no other alarm. Resolves to the number of members. Throws EtcdError.
   */
  disarmNoSpace(patience: Patience): Promise<number>;
  /** The same for the alarm CORRUPT, which may be raised for no member in particular. Throws EtcdError. */
  disarmCorrupt(patience: Patience): Promise<number>;
  /**
   * Hashes this member's keys at this revision. At the member's present revision etcd reads its database for it; of an
   * earlier one it may answer what it found during a compaction. Throws EtcdError.
   */
  hashKeys(revision: number, patience: Patience): Promise<KeysHash>;
  /**
   * Gives the users `root` and `picket-agent` the role root, which they need before authentication may be on. Throws
   * AuthenticationRefused if one of `clients` has no etcd user with a role, and if a user is named like a server
   * certificate. Throws EtcdError.
   */
  prepareAuthentication(clients: readonly string[], patience: Patience): Promise<void>;
  /**
   * Makes the user `picket-agent` with the role root, while authentication is on and keeps this node out.
   *
   * @param root the file with certificate and key of etcd's user root
   */
  admitPicket(root: string, patience: Patience): Promise<void>;
  /** Switches authentication on, and checks that this node still administers etcd. Throws EtcdError. */
  enableAuthentication(patience: Patience): Promise<void>;
  /** Switches authentication off, if it is on. Throws EtcdError. */
  disableAuthentication(patience: Patience): Promise<void>;
  close(): Promise<void>;
}
