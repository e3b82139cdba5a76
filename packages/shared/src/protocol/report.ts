import { type Static, Type } from 'typebox';
import { Epoch } from './epoch.ts';
import { MaintenanceOutcome } from './maintenance.ts';
import { ReportedReason } from './reason.ts';
import { SnapshotOutcome } from './snapshots.ts';
import { Told } from './told.ts';
import { Count, EtcdId, Identifier, LeafPurpose, MemberName, Seal, Sentence, strict, Timestamp } from './words.ts';

export const AgentReport = Type.Object(
  {
    version: Type.String({ maxLength: 64 }),
    startedAt: Timestamp,
    inventory: Type.Union([Identifier, Type.Null()]),
    /** Of the desired state that it follows; left out before its coordinator's first restore. */
    epoch: Type.Optional(Epoch),
    /** The highest generation this node has seen, and the last one it has carried out whole (R5). */
    generationSeen: Count,
    /** Of the desired state with that generation. Left out where that is not in hand. */
    seal: Type.Optional(Seal),
    generationApplied: Count,
    /** Why it does not go on; empty when all is as desired. */
    waits: Type.Array(ReportedReason, { maxItems: 20 }),
  },
  strict,
);
export type AgentReport = Static<typeof AgentReport>;

/** The service as the init system and the disk show it. */
export const ServiceReport = Type.Object(
  {
    /**
     * `lost-data`: the data dir of this incarnation was made once and is gone; it is never made again (R4). `held-back`: an
     * etcd of another minor version is installed than this incarnation runs, and is not started (R17); its data is as it was.
     */
    state: Type.Union([
      Type.Literal('absent'),
      Type.Literal('stopped'),
      Type.Literal('running'),
      Type.Literal('crashed'),
      Type.Literal('lost-data'),
      Type.Literal('held-back'),
    ]),
    incarnation: Type.Union([Identifier, Type.Null()]),
    etcdVersion: Type.Union([Type.String({ maxLength: 64 }), Type.Null()]),
    restarts: Count,
    reason: Type.Union([ReportedReason, Type.Null()]),
    lastLog: Type.Array(Type.String({ maxLength: 1000 }), { maxItems: 20 }),
    /** What runs differs from what is desired in a way that only a restart mends. */
    restartPending: Type.Boolean(),
    /** Why the conf.yml that is wanted is not in force, and the last good one is: etcd cannot run with it (R6). */
    rejected: Type.Union([ReportedReason, Type.Null()]),
    /** What etcd said of the write-ahead log of this life when it last ended: it is damaged. Left out otherwise. */
    damage: Type.Optional(Sentence),
    /**
     * etcd has just answered a linearizable read that asks for no identity, so a quorum serves; with authentication on it
     * refuses all else. Left out where `etcd` tells of its reads, and where none was answered.
     */
    quorumRead: Type.Optional(Type.Literal(true)),
    /** etcd refuses its agent because its authentication is on. Left out otherwise. */
    authenticationOn: Type.Optional(Type.Literal(true)),
  },
  strict,
);
export type ServiceReport = Static<typeof ServiceReport>;

export const ListedMember = Type.Object(
  {
    id: EtcdId,
    /** Empty until the member has started once. */
    name: Type.String({ maxLength: 128 }),
    peerUrls: Type.Array(Type.String({ maxLength: 300 }), { maxItems: 10 }),
    clientUrls: Type.Array(Type.String({ maxLength: 300 }), { maxItems: 10 }),
    isLearner: Type.Boolean(),
  },
  strict,
);
export type ListedMember = Static<typeof ListedMember>;

/** What the local etcd says of itself; null while it does not answer. */
export const EtcdReport = Type.Object(
  {
    clusterId: EtcdId,
    memberId: EtcdId,
    isLearner: Type.Boolean(),
    /** "0" while there is none. */
    leader: EtcdId,
    raftTerm: Count,
    raftIndex: Count,
    raftAppliedIndex: Count,
    dbSizeBytes: Count,
    version: Type.String({ maxLength: 64 }),
    alarms: Type.Array(Type.String({ maxLength: 200 }), { maxItems: 20 }),
    /** /health answered `true`, or would but for the alarm NOSPACE, with which all but writes goes on. */
    healthy: Type.Boolean(),
    /** A linearizable read was answered just before this report; never true of a learner, which refuses them. */
    linearizableRead: Type.Boolean(),
    /** From a linearizable member list; null where none was answered. */
    members: Type.Union([Type.Array(ListedMember, { maxItems: 100 }), Type.Null()]),
    /** The raft applied index read just *before* that list, while raftAppliedIndex is read after it: so a list
     *  that is older than a change the coordinator has recorded is told from one that is not. */
    membersAsOf: Count,
    /** What of `dbSizeBytes` holds something: the rest are gaps, which count against the quota. */
    dbSizeInUseBytes: Count,
    /** Of the keys. */
    revision: Count,
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

/** How the last membership step that this node was given ended. The member list, not this, says if it happened. */
export const StepOutcome = Type.Object(
  {
    id: Identifier,
    member: MemberName,
    outcome: Type.Union([Type.Literal('done'), Type.Literal('refused'), Type.Literal('failed')]),
    reason: ReportedReason,
  },
  strict,
);
export type StepOutcome = Static<typeof StepOutcome>;

/** The machine below etcd, in coarse figures: a report that says the same again costs nothing. null is not known. */
export const MachineReport = Type.Object(
  {
    /** Of the file system that holds the data; `freeBytes` is what is left for users other than root. */
    disk: Type.Union([Type.Object({ totalBytes: Count, freeBytes: Count }, strict), Type.Null()]),
    memory: Type.Union([Type.Object({ totalBytes: Count, availableBytes: Count }, strict), Type.Null()]),
    /** Of its hottest part. */
    temperatureCelsius: Type.Union([Type.Integer(), Type.Null()]),
    /** How far its clock is ahead of the coordinator's, in milliseconds. */
    clockOffsetMs: Type.Union([Type.Integer(), Type.Null()]),
    /** What 99 of 100 fsyncs of etcd's log took at most, in whole milliseconds, by etcd's own histogram. */
    walFsyncP99Ms: Type.Union([Count, Type.Null()]),
  },
  strict,
);
export type MachineReport = Static<typeof MachineReport>;

/** Whether a node can make a data dir of a snapshot. */
export const RestoreToolReport = Type.Object(
  {
    /** The program on the node that can restore; null if it has none. */
    installed: Type.Union([Type.Literal('etcdutl'), Type.Literal('etcdctl'), Type.Null()]),
    /** Why an etcdutl of the coordinator's release store cannot run on this node; null where it can. */
    obstacle: Type.Union([ReportedReason, Type.Null()]),
  },
  strict,
);
export type RestoreToolReport = Static<typeof RestoreToolReport>;

/** A node's whole status, as the coordinator keeps it. */
export const NodeStatus = Type.Object(
  {
    agent: AgentReport,
    service: ServiceReport,
    etcd: Type.Union([EtcdReport, Type.Null()]),
    certificates: Type.Array(HeldCertificate, { maxItems: 16 }),
    lastStep: Type.Union([StepOutcome, Type.Null()]),
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

/**
 * `POST /v1/node/report`: a delta by top-level field. `basis` is the sequence it builds on, null for a whole
 * status. A coordinator that does not hold the basis answers `report_basis_unknown`, and the agent sends all.
 */
export const ReportRequest = Type.Object(
  {
    /** Counts the runs of this agent, in its journal: a late report of an ended run is told from a new one. */
    run: Count,
    sequence: Count,
    basis: Type.Union([Count, Type.Null()]),
    changed: Type.Partial(NodeStatus, strict),
  },
  strict,
);
export type ReportRequest = Static<typeof ReportRequest>;

export const ReportAnswer = Type.Object({
  /** How often to report when nothing changes. */
  everySeconds: Type.Integer({ minimum: 1, maximum: 3600 }),
  now: Timestamp,
  /** What the cluster waits for, in plain words; for `picket-agent status`. */
  waitsFor: Type.Array(Told),
});
export type ReportAnswer = Static<typeof ReportAnswer>;
