import type { LogFact } from '@picket/shared/etcd-log/log-fact.ts';
import {
  type DesiredState,
  isMemberState,
  type MemberState,
  type MembershipStep,
} from '@picket/shared/protocol/desired-state.ts';
import type { MaintenanceOrder } from '@picket/shared/protocol/maintenance.ts';
import type { LeafPurpose } from '@picket/shared/protocol/primitives.ts';
import type { EtcdReport, HeldCertificate } from '@picket/shared/protocol/report.ts';
import type { RestoreOrder, SnapshotOrder } from '@picket/shared/protocol/snapshots.ts';
import type { AnyReason } from '@picket/shared/reasons/reason.ts';
import type { Authentication } from '../etcd/etcd.ts';
import type { ServiceState } from '../host/host.ts';
import type { VersionRecord } from '../host/version-record.ts';
import type { Journal, StartedWith } from '../journal/journal.ts';
import type { Program } from './program.ts';

/** Paths on this machine, all from agent.yml. */
export interface Paths {
  /** `/etc/etcd` */
  readonly etcDir: string;
  /** The agent's own state and, below it, etcd's data: on one disk by construction (R4). */
  readonly stateDir: string;
  /** `stateDir/etcd` belongs to root, so etcd cannot make the folder of an incarnation itself (R4). */
  readonly dataRoot: string;
  readonly logFile: string;
  /** etcdctl's environment for login shells. */
  readonly profile: string;
}

/** An accepted desired state, with the moment from which its leases count. */
export interface Accepted<Document extends DesiredState = DesiredState> {
  readonly document: Document;
  /**
   * Monotonic milliseconds at which the request for it was sent; null if it was read from the disk: then no lease in it
   * is valid any longer.
   */
  readonly requestedAt: number | null;
}

export type AcceptedMember = Accepted<MemberState>;

/** True if this node is a member; otherwise it is a client node. */
export function isMember(accepted: Accepted): accepted is AcceptedMember {
  return isMemberState(accepted.document);
}

/** The desired state of a member; null for a client node, and before the first one. */
export function memberStateOf(accepted: Accepted | null): MemberState | null {
  return accepted !== null && isMember(accepted) ? accepted.document : null;
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
      /** True if a certificate of the current bundle issued it. */
      readonly issuedByBundle: boolean;
    };

/**
 * The folder of an incarnation. `empty`: it holds no write-ahead log of etcd. `unborn`: etcd has never been seen to
 * answer, and nothing was ever committed in the log.
 */
export type FolderState = 'empty' | 'unborn' | 'filled';

/** An etcd that runs and, since the given moment, takes no part in its cluster in any observation. */
export interface Silence {
  readonly pid: number;
  /** Monotonic milliseconds. */
  readonly since: number;
}

/** An etcd that runs and, since the given moment, has served in no observation. Moments are monotonic milliseconds. */
export interface Ailing {
  readonly pid: number;
  readonly since: number;
  /** When its log was last read for this; null before that. */
  readonly readAt: number | null;
  /** What its log showed then. */
  readonly facts: readonly LogFact[];
}

/** What the disk, the service and etcd show. */
export interface CurrentState {
  /** Wall clock, milliseconds since the epoch. */
  readonly now: number;
  readonly monotonic: number;
  /** Why the clock cannot be trusted (R14); null if it can. */
  readonly clockDoubt: AnyReason | null;
  /** True if the coordinator's time is known: a clock that is years ahead would then be in doubt. */
  readonly timeKnown: boolean;
  readonly journal: Journal;
  /** Of the binary that the next start would run; null if no runnable binary is installed. */
  readonly etcdVersion: string | null;
  /** Of the etcd of the system's package; null if that cannot run, and if none is installed. */
  readonly packageVersion: string | null;
  /** Why the etcd that is wanted cannot be run: that of the package, or of a release. */
  readonly etcdProblem?: AnyReason | null;
  /** Of the binary that the next start would run. */
  readonly etcdFingerprint: string | null;
  /** The versions that the incarnations of this member run, by incarnation, as far as they are recorded (R17). */
  readonly versionRecords: Readonly<Record<string, VersionRecord>>;
  /** How to install the etcd that is wanted here; null if it is installed. */
  readonly etcdRemedy: string | null;
  readonly credentials: Readonly<Record<LeafPurpose, CredentialState>>;
  /** Managed text files by path; null if the file does not exist. */
  readonly files: Readonly<Record<string, string | null>>;
  readonly clientKeyLink: string | null;
  readonly service: ServiceState;
  /** What the running etcd is, by its process; null if that is not known. */
  readonly runs: { /** null: not one of the coordinator's releases */ readonly program: Program | null } | null;
  /** What somebody edited or removed in the service's definition, by path. */
  readonly alteredService: readonly string[];
  /** A name of this boot; null if the system has none. */
  readonly boot: string | null;
  /** The newest log lines of an etcd that crashed, or was restarted and does not answer; otherwise empty. */
  readonly lastLog: readonly string[];
  /** Incarnations whose folder exists. */
  readonly dataDirs: Readonly<Record<string, FolderState>>;
  /** Why a port of this member is not free while etcd is down. */
  readonly portTaken: AnyReason | null;
  readonly etcd: EtcdReport | null;
  /** etcd has just answered a linearizable read that needs no identity; read only if `etcd` is null. */
  readonly quorumRead: boolean;
  /** The version of a release that has no leader, by its metrics; read only if etcd answers nothing else. */
  readonly leaderlessVersion: string | null;
  /** etcd's authentication, as far as etcd has just shown it. */
  readonly authentication: Authentication;
  /** Whether this node could administer etcd with authentication on, or why not; null while etcd is down. */
  readonly etcdctlReady: true | AnyReason | null;
  /** Set while etcd runs and takes no part in its cluster. */
  readonly silence: Silence | null;
  /** Set while etcd runs and does not serve. */
  readonly ailing: Ailing | null;
  /** Monotonic milliseconds before which a failed act is not tried again; 0 for at once. */
  readonly pausedUntil: { readonly obtain: number; readonly start: number };
  /** Why this agent could not start etcd at its last attempt; null if it could. */
  readonly unstarted: AnyReason | null;
  /** Certificates that were renewed and that etcd has not been seen to accept yet. */
  readonly unproven: readonly LeafPurpose[];
  /** Renewed certificates that etcd did not accept: why, and the monotonic milliseconds of the next attempt. */
  readonly unheld: Readonly<Partial<Record<LeafPurpose, { readonly why: AnyReason; readonly until: number }>>>;
  /**
   * Of a member that is let go: the files that Picket wrote for its etcd, and the incarnations whose data is in the data root;
   * empty for any other.
   */
  readonly leftovers: { readonly files: readonly string[]; readonly incarnations: readonly string[] };
}

/** A managed text file as it should be. */
export interface ManagedFile {
  readonly path: string;
  readonly content: string;
  readonly mode: number;
}

/** The incarnation that etcd is started in, and the conf.yml and everything else that the start brings into force, by their hashes. */
export type Start = Omit<StartedWith, 'etcdVersion'>;

/** One change of this machine or of etcd's membership. */
export type AgentStep =
  | {
      readonly kind: 'obtain-credential';
      readonly purpose: LeafPurpose;
      readonly why: AnyReason;
      /** The present certificate still works and is kept until the new one has proven itself in etcd. */
      readonly keepsFormer: boolean;
    }
  /** Checks that etcd accepts the renewed certificate; otherwise puts the former one back. */
  | { readonly kind: 'prove-credential'; readonly purpose: LeafPurpose }
  | ({ readonly kind: 'write-file' } & ManagedFile)
  | { readonly kind: 'link-client-key' }
  /** `altered`: the parts of the definition that are restored. */
  | { readonly kind: 'install-service'; readonly altered: readonly string[] }
  | {
      readonly kind: 'stop-etcd';
      readonly why: AnyReason;
      /**
       * `retired`: its incarnation is over. `down`: it stays down; if it runs again by now, the step does not touch it (R2).
       * `rejected`: it has never served with its conf.yml, and the last good one replaces that (R6). `silent`: it has
       * taken no part in its cluster for long, and another conf.yml is wanted. `stillborn`: see `clear-unborn`. `guarded`: no
       * etcd runs, only the guard in its place, and what that waits for is not what should start.
       */
      readonly of: 'retired' | 'down' | 'rejected' | 'silent' | 'stillborn' | 'guarded';
    }
  | { readonly kind: 'make-data-dir'; readonly incarnation: string }
  /** A power cut has left a log in which nothing was ever committed, and on which etcd would never serve. */
  | { readonly kind: 'clear-unborn'; readonly incarnation: string }
  | {
      readonly kind: 'restore-data';
      readonly incarnation: string;
      readonly order: RestoreOrder;
      /** From conf.yml. */
      readonly member: { readonly name: string; readonly peerUrl: string; readonly token: string };
    }
  | ({ readonly kind: 'start-etcd' } & Start)
  | ({
      readonly kind: 'restart-etcd';
      readonly permitId: string;
      /** Written only once etcd is down: earlier, a crash would bring it into force (R2). */
      readonly files: readonly ManagedFile[];
    } & Start)
  /** The machine is to be worked on. `stop`: etcd is stopped for that. */
  | {
      readonly kind: 'take-hold';
      readonly permitId: string;
      readonly incarnation: string;
      readonly stop: boolean;
    }
  /** What Picket wrote for the etcd of a member that is let go. */
  | { readonly kind: 'remove-files'; readonly paths: readonly string[] }
  /** Of incarnations that are over: see `former/`. */
  | { readonly kind: 'put-data-away'; readonly incarnations: readonly string[] }
  | { readonly kind: 'change-membership'; readonly step: MembershipStep }
  | { readonly kind: 'take-snapshot'; readonly order: SnapshotOrder }
  | { readonly kind: 'maintenance'; readonly order: MaintenanceOrder; readonly incarnation: string };

export type StepOf<Kind extends AgentStep['kind']> = Extract<AgentStep, { readonly kind: Kind }>;

/** A plan is a value: it can be printed, and an empty plan means that nothing has to change. */
export interface Plan {
  readonly steps: readonly AgentStep[];
  /** What keeps this node from its desired state and is not a step. */
  readonly waits: readonly AnyReason[];
  /**
   * What will keep etcd from starting when its turn comes, and keeps the node from nothing yet: the coordinator should know it
   * before it counts on this member (R3). Left out if there is nothing.
   */
  readonly hinders?: readonly AnyReason[];
  readonly restartPending: boolean;
}
