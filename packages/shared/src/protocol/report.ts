import type { Static } from 'typebox';
import * as Type from 'typebox';
import { mostLogFacts } from '../etcd-log/log-fact.ts';
import type { AnyReason } from '../reasons/reason.ts';
import { sizeOf } from '../reasons/within.ts';
import { BackupCopy } from './backup-copies.ts';
import { Epoch } from './epoch.ts';
import { longestHold } from './longest-hold.ts';
import { MaintenanceOutcome } from './maintenance.ts';
import { PackageSystem } from './package-system.ts';
import { Count, EtcdId, Identifier, LeafPurpose, MemberName, Seal, Sentence, strict, Timestamp } from './primitives.ts';
import { ReportedReason } from './reason.ts';
import { Rendered, withMessages } from './rendered.ts';
import { SnapshotOutcome } from './snapshots.ts';
import { oneOf, orNull } from './unions.ts';

export const AgentReport = Type.Object(
  {
    version: Type.String({ maxLength: 64 }),
    startedAt: Timestamp,
    inventory: orNull(Identifier),
    /** The epoch of the desired state that it follows; left out before its coordinator's first restore. */
    epoch: Type.Optional(Epoch),
    /** The highest generation that this node has seen, and the last one that it has applied completely (R5). */
    generationSeen: Count,
    /** The seal of the desired state with that generation. Left out if the node does not have that state. */
    seal: Type.Optional(Seal),
    generationApplied: Count,
    /** It follows an order from one minor version of etcd to the next one. Left out by an older agent. */
    takesMinorOrders: Type.Optional(Type.Literal(true)),
    /** What the agent waits for; empty if the node is in the desired state. */
    waits: Type.Array(ReportedReason, { maxItems: 20 }),
    /**
     * Only in the last report of a run: whether the agent stops alone or with its machine. An agent that is killed, and a
     * machine that loses power, send no such report.
     */
    stops: Type.Optional(oneOf('agent', 'machine')),
  },
  strict,
);
export type AgentReport = Static<typeof AgentReport>;

/** What this member is held for, so that a coordinator that does not know the hold learns of it. */
export const HeldOrder = Type.Object(
  {
    /** For so long at most. */
    seconds: Type.Integer({ minimum: 60, maximum: longestHold }),
    /** Whether etcd is stopped for it. */
    stop: Type.Boolean(),
    /**
     * Root on this machine has held it without a coordinator, by an earlier agent. It gets no permit for that, and no other member
     * does while it is reported (R2).
     */
    alone: Type.Optional(Type.Object({ why: orNull(Type.String({ minLength: 1, maxLength: 200 })) }, strict)),
  },
  strict,
);
export type HeldOrder = Static<typeof HeldOrder>;

/** The largest fact of etcd's log, by `sizeOf`. */
const largestLogFact = 1000;

/** What a line of etcd's log shows, and never its text (R11). An agent of another version may read lines that others do not. */
export const ReportedLogFact = Type.Object(
  {
    reason: Type.Refine(ReportedReason, (reason: AnyReason) => sizeOf(reason) <= largestLogFact),
    at: orNull(Timestamp),
  },
  strict,
);

/** The state of the service, from the init system and the disk. */
export const ServiceReport = Type.Object(
  {
    /**
     * `lost-data`: the data directory of this incarnation was created once and is missing now; it is never created again (R4).
     * `held-back`: the installed etcd has another minor version than this incarnation runs, so it is not started (R17); its
     * data is unchanged.
     */
    state: oneOf('absent', 'stopped', 'running', 'crashed', 'lost-data', 'held-back'),
    incarnation: orNull(Identifier),
    etcdVersion: orNull(Type.String({ maxLength: 64 })),
    /**
     * The release of the coordinator's store whose etcd this node last started. Left out where that was the etcd of its system's
     * package.
     */
    release: Type.Optional(Type.String({ maxLength: 64 })),
    /**
     * The version of an etcd that says only in its metrics which one it is, and that it has no leader: without a quorum, an etcd of a
     * release that has just started answers nothing else. Left out otherwise.
     */
    leaderlessVersion: Type.Optional(Type.String({ maxLength: 64 })),
    /**
     * A release is wanted, and the package that etcd served with last cannot be started any more: it is missing, or of another minor
     * version (R17). Left out otherwise.
     */
    noWayBack: Type.Optional(Type.Literal(true)),
    /**
     * The version of the etcd in the package of its system, also while a release takes its place; null: there is none. Left out unless
     * the desired state has `watchPackage`.
     */
    packageVersion: Type.Optional(orNull(Type.String({ maxLength: 64 }))),
    restarts: Count,
    reason: orNull(ReportedReason),
    lastLog: Type.Array(Type.String({ maxLength: 1000 }), { maxItems: 20 }),
    /**
     * What the log of an etcd shows that runs and has not served for longer than a start takes, the newest first. Left out of any
     * other, and for a coordinator that does not say that it takes them.
     */
    logFacts: Type.Optional(Type.Array(ReportedLogFact, { maxItems: mostLogFacts })),
    /** Whether what runs differs from the desired state in a way that needs a restart. */
    restartPending: Type.Boolean(),
    /**
     * The permit by which this member is held: its agent has found that the cluster can do without it. `rebooted`: the
     * machine was booted since then. Left out if it is not held.
     */
    held: Type.Optional(
      Type.Object({ permit: Identifier, rebooted: Type.Boolean(), order: Type.Optional(HeldOrder) }, strict),
    ),
    /** Why this agent refused to begin the hold of this permit. Left out otherwise. */
    holdRefused: Type.Optional(Type.Object({ permit: Identifier, reason: ReportedReason }, strict)),
    /** The last permit by which this agent has restarted etcd. Left out before the first one. */
    lastPermit: Type.Optional(Identifier),
    /** Why the last good conf.yml is in force and not the new one: etcd cannot run with the new one (R6). */
    rejected: orNull(ReportedReason),
    /**
     * The data directory of this incarnation, or the write-ahead log in it, is missing while etcd runs with the files that it
     * has open. etcd may serve, and cannot start again (R4). Left out otherwise.
     */
    dataGone: Type.Optional(Type.Literal(true)),
    /** etcd's message about a damaged write-ahead log of this incarnation, when it last ended. Left out otherwise. */
    damage: Type.Optional(Sentence),
    /**
     * etcd's message, when it last ended, about other data of this incarnation that it cannot use: a damaged or missing database, a
     * log without a beginning. It is no evidence of loss (R16). Left out otherwise.
     */
    dataDamage: Type.Optional(Sentence),
    /**
     * etcd has just answered a linearizable read that needs no identity, so a quorum serves. With authentication on, etcd
     * may refuse everything else. Left out if `etcd` has this information, and if etcd answered no such read.
     */
    quorumRead: Type.Optional(Type.Literal(true)),
    /** etcd's authentication is on. If `etcd` is null, it keeps its agent out: see `reason`. Left out otherwise. */
    authenticationOn: Type.Optional(Type.Literal(true)),
    /** With authentication on: the etcd users that are named as server certificates are. Left out if there are none. */
    usersLikeServers: Type.Optional(Type.Array(Type.String({ maxLength: 64 }), { maxItems: 10 })),
    /** Whether the agent can administer etcd while its authentication is on: true, or why not. Left out while etcd is down. */
    etcdctlReady: Type.Optional(Type.Union([Type.Literal(true), ReportedReason])),
  },
  strict,
);
export type ServiceReport = Static<typeof ServiceReport>;

export const ListedMember = Type.Object(
  {
    id: EtcdId,
    /** Empty until etcd has started once. */
    name: Type.String({ maxLength: 128 }),
    peerUrls: Type.Array(Type.String({ maxLength: 300 }), { maxItems: 10 }),
    clientUrls: Type.Array(Type.String({ maxLength: 300 }), { maxItems: 10 }),
    isLearner: Type.Boolean(),
  },
  strict,
);
export type ListedMember = Static<typeof ListedMember>;

/** The status of the local etcd; null while it does not answer. */
export const EtcdReport = Type.Object(
  {
    clusterId: EtcdId,
    memberId: EtcdId,
    isLearner: Type.Boolean(),
    /** "0" while it has none. */
    leader: EtcdId,
    raftTerm: Count,
    raftIndex: Count,
    raftAppliedIndex: Count,
    dbSizeBytes: Count,
    version: Type.String({ maxLength: 64 }),
    alarms: Type.Array(Type.String({ maxLength: 200 }), { maxItems: 20 }),
    /** /health answered `true`, or would without the alarm NOSPACE, which stops only writes. */
    healthy: Type.Boolean(),
    /** A linearizable read was answered just before this report. Never true for a learner, which refuses such reads. */
    linearizableRead: Type.Boolean(),
    /** From a linearizable member list; null if etcd answered none. */
    members: orNull(Type.Array(ListedMember, { maxItems: 100 })),
    /** The raft applied index read just *before* that list; raftAppliedIndex is read after it. With both, the coordinator can
     *  tell whether a list is older than a change that it has recorded. */
    membersAsOf: Count,
    /** The part of `dbSizeBytes` that is in use. The rest is free pages, which count against the quota. */
    dbSizeInUseBytes: Count,
    /** etcd's revision of the keys. */
    revision: Count,
    /** The version of the format of its data, such as `3.6.0`. Left out by etcd 3.5, which has none. */
    storageVersion: Type.Optional(Type.String({ maxLength: 64 })),
    /**
     * Whether somebody has ordered a downgrade of the cluster that has not ended, and to which version: empty without one. Left out by
     * etcd 3.5, which does not say it.
     */
    downgradeInfo: Type.Optional(
      Type.Object({ enabled: Type.Boolean(), targetVersion: Type.String({ maxLength: 64 }) }, strict),
    ),
    /**
     * The version that etcd's members have agreed on, such as `3.6.0`: no older etcd starts with their data. Left out unless the
     * desired state has `from` or `watchRaftSnapshots`, and while they have agreed on none. It was read before the other fields: no
     * index here is older than it.
     */
    clusterVersion: Type.Optional(Type.String({ maxLength: 64 })),
    /**
     * The raft index of the newest raft snapshot in its data directory: after a restart, etcd reads only later entries of its log. Left out
     * unless the desired state has `watchRaftSnapshots`, and while there is none.
     */
    raftSnapshotIndex: Type.Optional(Count),
  },
  strict,
);
export type EtcdReport = Static<typeof EtcdReport>;

export const HeldCertificate = Type.Object(
  {
    purpose: Type.Union([LeafPurpose, Type.Literal('identity')]),
    serial: Type.String({ pattern: '^[0-9a-f]{1,40}$' }),
    notBefore: Timestamp,
    notAfter: Timestamp,
  },
  strict,
);
export type HeldCertificate = Static<typeof HeldCertificate>;

/** The outcome of this node's last membership step. Whether the change happened is decided by the member list, not by this. */
export const StepOutcome = Type.Object(
  {
    id: Identifier,
    member: MemberName,
    outcome: oneOf('done', 'refused', 'failed'),
    reason: ReportedReason,
  },
  strict,
);
export type StepOutcome = Static<typeof StepOutcome>;

/** Rough figures about the machine, so that they rarely change and cost little to report. null: not known. */
export const MachineReport = Type.Object(
  {
    /** The file system with the data. `freeBytes` is what users other than root can still use. */
    disk: orNull(Type.Object({ totalBytes: Count, freeBytes: Count }, strict)),
    memory: orNull(Type.Object({ totalBytes: Count, availableBytes: Count }, strict)),
    /** The temperature of its hottest part. */
    temperatureCelsius: orNull(Type.Integer()),
    /** How far its clock is ahead of the coordinator's, in milliseconds. */
    clockOffsetMs: orNull(Type.Integer()),
    /** The 99th percentile of the fsync times of etcd's log, in whole milliseconds, from etcd's own histogram. */
    walFsyncP99Ms: orNull(Count),
    /**
     * Whether etcd compares the data of its members at compactions, by its own metric. Left out if etcd does not say so: before
     * etcd 3.6, and while etcd does not answer.
     */
    hashCheck: Type.Optional(Type.Boolean()),
    /** Which packages it has. Left out by an older agent. */
    system: Type.Optional(PackageSystem),
  },
  strict,
);
export type MachineReport = Static<typeof MachineReport>;

/** Whether a node can restore a snapshot. */
export const RestoreToolReport = Type.Object(
  {
    /** The program on the node that can restore a snapshot; null if it has none. */
    installed: Type.Union([Type.Literal('etcdutl'), Type.Literal('etcdctl'), Type.Null()]),
    /** Why an etcdutl from the coordinator's release store cannot run on this node; null if it can. */
    obstacle: orNull(ReportedReason),
  },
  strict,
);
export type RestoreToolReport = Static<typeof RestoreToolReport>;

/** A node's complete status, as the coordinator keeps it. */
export const NodeStatus = Type.Object(
  {
    agent: AgentReport,
    service: ServiceReport,
    etcd: orNull(EtcdReport),
    certificates: Type.Array(HeldCertificate, { maxItems: 16 }),
    lastStep: orNull(StepOutcome),
    /** Left out by a node that was never asked for a snapshot. */
    lastSnapshot: Type.Optional(SnapshotOutcome),
    /** Left out by a node that was never asked for maintenance. */
    lastMaintenance: Type.Optional(MaintenanceOutcome),
    /** Left out by client nodes, and before the agent's first look has ended. */
    restoreTool: Type.Optional(RestoreToolReport),
    machine: MachineReport,
  },
  strict,
);
export type NodeStatus = Static<typeof NodeStatus>;

/** A {@link NodeStatus} in an answer of the API: each reason has its message. */
export const RenderedStatus = withMessages(NodeStatus);
export type RenderedStatus = Static<typeof RenderedStatus>;

/** A moment of a coordinator's process, by a clock that nobody sets. Another process cannot judge it. */
const Mark = Type.Object({ process: Identifier, at: Count });

/**
 * `POST /v1/node/report`: the top-level fields that changed. `basis` is the sequence number of the report that it is based
 * on, null for a complete status. A coordinator without the basis answers `report_basis_unknown`, and the agent sends a
 * complete status.
 */
export const ReportRequest = Type.Object(
  {
    /** The number of this run of the agent, from its journal. With it, a late report of an ended run is recognised. */
    run: Count,
    sequence: Count,
    basis: orNull(Count),
    /**
     * When it was sent: this many milliseconds, on the node's monotonic clock, after the answer with this mark had arrived. So
     * a report that was delayed on its way is not taken for a new one (R2, R16). Left out before the first answer with a mark:
     * an older coordinator refuses a report with it.
     */
    sent: Type.Optional(Type.Object({ process: Identifier, at: Count, after: Count }, strict)),
    changed: Type.Partial(NodeStatus, strict),
  },
  strict,
);
export type ReportRequest = Static<typeof ReportRequest>;

export const ReportAnswer = Type.Object({
  /** How often to report while nothing changes. */
  everySeconds: Type.Integer({ minimum: 1, maximum: 3600 }),
  now: Timestamp,
  /** What the cluster waits for, in plain words; for `picket-agent status`. */
  waitsFor: Type.Array(Rendered),
  /** It takes `logFacts`. An older coordinator refuses a report with them. */
  takesLogFacts: Type.Optional(Type.Literal(true)),
  /** Of a backup of the coordinator, which this node does not have as far as the coordinator knows. */
  backupCopy: Type.Optional(BackupCopy),
  /** For `sent` of the next reports. An older coordinator has none. */
  mark: Type.Optional(Mark),
});
export type ReportAnswer = Static<typeof ReportAnswer>;
