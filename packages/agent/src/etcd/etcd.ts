import type { EtcdReport, ListedMember } from '@picket/shared/protocol/report.ts';
import type { Histogram } from './fsync-histogram.ts';

/** Where the local etcd listens and what to show it. */
export interface EtcdEndpoint {
  /** `https://ADDRESS:2379`, of the local member. */
  readonly clientUrl: string;
  /** `http://127.0.0.1:2381`: /health and /metrics without a certificate. */
  readonly metricsUrl: string;
  /** PEM bundle of the client CA. */
  readonly trust: string;
  /** Certificate and key in one PEM. */
  readonly credential: string;
}

/** The gRPC code Unauthenticated: every refusal for etcd's authentication has it here, whichever code etcd gave. */
export const unauthenticated = 16;

/** etcd's own refusal: its gRPC code and words. */
export class EtcdError extends Error {
  override readonly name = 'EtcdError';
  /** gRPC code; 9 FailedPrecondition, 5 NotFound, 14 Unavailable, 4 DeadlineExceeded. */
  readonly grpcCode: number;

  constructor(grpcCode: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.grpcCode = grpcCode;
  }
}

export interface EtcdHead {
  readonly clusterId: string;
  readonly revision: number;
  readonly version: string;
  readonly dbSizeBytes: number;
}

/** How long an answer is waited for at most; `signal` ends it before. What etcd has begun, it goes on with. */
export interface Patience {
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
}

/** The JSON gateway of one etcd. Every call has a deadline: before the first leader the port accepts and is silent. */
export interface EtcdGateway {
  /** null if it does not answer in time; never throws for that. */
  report(): Promise<EtcdReport | null>;
  /**
   * Whether it has just answered a linearizable read: then a quorum serves. It asks for no identity, so it answers with
   * authentication on as well, where it refuses every other call. Never throws.
   */
  quorumRead(): Promise<boolean>;
  /** Whether it refuses its agent because etcd's authentication is on; silence is no such refusal. Never throws. */
  refusesForAuthentication(): Promise<boolean>;
  /** How long its log's fsyncs took, in seconds; null where it does not tell in time. Costs it 150 kB of text. */
  walFsync(): Promise<Histogram | null>;
  memberList(): Promise<readonly ListedMember[]>;
  addLearner(peerUrl: string): Promise<string>;
  promote(memberId: string): Promise<void>;
  remove(memberId: string): Promise<void>;
  moveLeader(to: string): Promise<void>;
  /** Who answers and at which revision; throws EtcdError. */
  head(): Promise<EtcdHead>;
  /** A snapshot, piece by piece, as it can be restored; throws EtcdError or the signal's reason. */
  snapshot(signal: AbortSignal): AsyncIterable<Buffer>;
  /**
   * Drops what keys held before this revision, on all members, and waits until it is gone from this one's database. Done
   * as well where another was faster. Throws EtcdError.
   */
  compact(revision: number, patience: Patience): Promise<void>;
  /** Writes this member's database anew without its gaps; it serves nobody meanwhile. Throws EtcdError. */
  defragment(patience: Patience): Promise<void>;
  /** Takes the alarm NOSPACE back, whichever members have raised it, and no other; says of how many. Throws EtcdError. */
  disarmNoSpace(patience: Patience): Promise<number>;
  close(): Promise<void>;
}
