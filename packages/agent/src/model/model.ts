import {
  type DesiredState,
  isMemberState,
  type MemberState,
  type MembershipStep,
} from '@picket/shared/protocol/desired-state.ts';
import type { MaintenanceOrder } from '@picket/shared/protocol/maintenance.ts';
import type { EtcdReport, HeldCertificate } from '@picket/shared/protocol/report.ts';
import type { RestoreOrder, SnapshotOrder } from '@picket/shared/protocol/snapshots.ts';
import type { LeafPurpose } from '@picket/shared/protocol/words.ts';
import type { AnyReason } from '@picket/shared/reasons/reason.ts';
import type { ServiceState } from '../host/host.ts';
import type { VersionRecord } from '../host/version-record.ts';
import type { Journal } from '../journal/journal.ts';

/** Paths on this machine, all of them from agent.yml. */
export interface Paths {
  /** `/etc/etcd` */
  readonly etcDir: string;
  /** The agent's own state and, below it, etcd's data: on one disk by construction (R4). */
  readonly stateDir: string;
  /** `stateDir/etcd`: belongs to root, so that etcd cannot make an incarnation's folder itself (R4). */
  readonly dataRoot: string;
  readonly logFile: string;
  /** etcdctl's environment, for login shells. */
  readonly profile: string;
}

/** A desired state as it was accepted, with the moment from which its leases count. */
export interface Accepted<Document extends DesiredState = DesiredState> {
  readonly document: Document;
  /**
   * Monotonic milliseconds at which the request was sent that it came in answer to; null when it was read from
   * disk: then no lease in it is valid any more.
   */
  readonly requestedAt: number | null;
}

export type AcceptedMember = Accepted<MemberState>;

/** Whether this node is that of a member; else it is a client. */
export function isMember(accepted: Accepted): accepted is AcceptedMember {
  return isMemberState(accepted.document);
}

export type CredentialState =
  | { readonly kind: 'missing' }
  | { readonly kind: 'unusable'; readonly why: AnyReason }
  | {
      readonly kind: 'held';
      readonly held: HeldCertificate;
      /** The lifetime in milliseconds since the epoch. */
      readonly from: number;
      readonly until: number;
      readonly commonName: string;
      /** `type:value`, sorted. */
      readonly sans: readonly string[];
      /** Whether a certificate of today's bundle issued it. */
      readonly issuedByBundle: boolean;
    };

/**
 * The folder of an incarnation; `empty` when there is no write-ahead log of etcd's in it, `unborn` when etcd has never been
 * seen to answer and nothing was ever committed in the log.
 */
export type FolderState = 'empty' | 'unborn' | 'filled';

/** An etcd that runs, and by each look since takes no part in its cluster. */
export interface Silence {
  readonly pid: number;
  /** Monotonic milliseconds. */
  readonly since: number;
}

/** What the disk, the service and etcd show. */
export interface CurrentState {
  /** Wall clock, milliseconds since the epoch. */
  readonly now: number;
  readonly monotonic: number;
  /** null: it can be believed; otherwise why not (R14). */
  readonly clockDoubt: AnyReason | null;
  /** The coordinator has told the time, so that a clock that is years ahead would be in doubt. */
  readonly timeTold: boolean;
  readonly journal: Journal;
  /** Of the binary that the next start would run; null where there is none that can be run. */
  readonly etcdVersion: string | null;
  /** Why the etcd that is installed cannot be run. */
  readonly etcdProblem?: AnyReason | null;
  /** Of the binary that the next start would run. */
  readonly etcdFingerprint: string | null;
  /** What lives of this member run, by incarnation, as far as it was recorded (R17). */
  readonly versionRecords: Readonly<Record<string, VersionRecord>>;
  /** How the etcd is installed that is wanted here; null where the one is there. */
  readonly etcdRemedy: string | null;
  readonly credentials: Readonly<Record<LeafPurpose, CredentialState>>;
  /** Managed text files by path; null where there is none. */
  readonly files: Readonly<Record<string, string | null>>;
  readonly clientKeyLink: string | null;
  readonly service: ServiceState;
  /** What somebody edited or removed of the service's definition, by path. */
  readonly alteredService: readonly string[];
  /** A name of this boot; null where the system has none. */
  readonly boot: string | null;
  /** The newest log lines of an etcd that crashed, or was brought back and does not answer; empty otherwise. */
  readonly lastLog: readonly string[];
  /** Incarnations whose folder exists. */
  readonly dataDirs: Readonly<Record<string, FolderState>>;
  /** Why a port of this member cannot be listened on while etcd is down. */
  readonly portTaken: AnyReason | null;
  readonly etcd: EtcdReport | null;
  /** etcd has just answered a linearizable read that asks for no identity; read only where `etcd` holds none. */
  readonly quorumRead: boolean;
  /** etcd refuses its agent because authentication is on. */
  readonly authenticationOn: boolean;
  /** While etcd runs and takes no part in its cluster. */
  readonly silence: Silence | null;
  /** Monotonic milliseconds before which an act that failed is not tried again; 0 for at once. */
  readonly pausedUntil: { readonly obtain: number; readonly start: number };
  /** What kept this agent from starting etcd when it last tried; null where nothing did. */
  readonly unstarted: AnyReason | null;
  /** Certificates that were renewed and have not been seen to hold in etcd yet. */
  readonly unproven: readonly LeafPurpose[];
  /** Those that did not hold when they were last tried: why, and the monotonic milliseconds before which none is again. */
  readonly unheld: Readonly<Partial<Record<LeafPurpose, { readonly why: AnyReason; readonly until: number }>>>;
}

/** A managed text file as it should be. */
export interface ManagedFile {
  readonly path: string;
  readonly content: string;
  readonly mode: number;
}

/** One mutation of this machine, or of etcd's membership. */
export type AgentStep =
  | {
      readonly kind: 'obtain-credential';
      readonly purpose: LeafPurpose;
      readonly why: AnyReason;
      /** The one in place serves somebody, and is kept until the new one has proven itself in etcd. */
      readonly keepsFormer: boolean;
    }
  /** Sees to it that etcd takes what was renewed, or puts the former back. */
  | { readonly kind: 'prove-credential'; readonly purpose: LeafPurpose }
  | ({ readonly kind: 'write-file' } & ManagedFile)
  | { readonly kind: 'link-client-key' }
  /** `altered`: what of the definition is put back as it was. */
  | { readonly kind: 'install-service'; readonly altered: readonly string[] }
  | {
      readonly kind: 'stop-etcd';
      readonly why: AnyReason;
      /**
       * `retired`: its life is over. `down`: it is kept down; one that runs again by now is not touched (R2). `rejected`:
       * it has never served with its conf.yml, which the last good one is to follow (R6). `silent`: it has taken no part in
       * its cluster for long, and is wanted with another conf.yml. `stillborn`: see `clear-unborn`.
       */
      readonly of: 'retired' | 'down' | 'rejected' | 'silent' | 'stillborn';
    }
  | { readonly kind: 'make-data-dir'; readonly incarnation: string }
  /** A power cut has left a log in which nothing was ever committed, and on which etcd would never serve. */
  | { readonly kind: 'clear-unborn'; readonly incarnation: string }
  | {
      readonly kind: 'restore-data';
      readonly incarnation: string;
      readonly order: RestoreOrder;
      /** As conf.yml has it. */
      readonly member: { readonly name: string; readonly peerUrl: string; readonly token: string };
    }
  | {
      readonly kind: 'start-etcd';
      readonly incarnation: string;
      readonly restartKey: string;
      readonly confKey: string;
    }
  | {
      readonly kind: 'restart-etcd';
      readonly incarnation: string;
      readonly restartKey: string;
      readonly confKey: string;
      readonly permitId: string;
      /** Written only once etcd is down: before that a crash would bring them into force (R2). */
      readonly files: readonly ManagedFile[];
    }
  | { readonly kind: 'change-membership'; readonly step: MembershipStep }
  | { readonly kind: 'take-snapshot'; readonly order: SnapshotOrder }
  | { readonly kind: 'maintenance'; readonly order: MaintenanceOrder; readonly incarnation: string };

/** A plan is a value: it prints, and says by being empty that nothing has to change. */
export interface Plan {
  readonly steps: readonly AgentStep[];
  /** What keeps this node from its desired state and is not a step. */
  readonly waits: readonly AnyReason[];
  readonly restartPending: boolean;
}
