import { Epoch } from '@picket/shared/protocol/epoch.ts';
import { MaintenanceOutcome } from '@picket/shared/protocol/maintenance.ts';
import { ReportedReason } from '@picket/shared/protocol/reason.ts';
import { StepOutcome } from '@picket/shared/protocol/report.ts';
import { SnapshotOutcome } from '@picket/shared/protocol/snapshots.ts';
import { type Static, type TSchema, Type } from 'typebox';

const orNull = <Schema extends TSchema>(schema: Schema) => Type.Union([schema, Type.Null()]);
const Count = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });

/**
 * How far one life of a member has come. `making`: etcd has never been started on it, so its folder may be made
 * (again). `made`: it may have been started, so a missing folder is a lost disk. `lived`: etcd has answered from
 * it, so an empty folder is a lost disk as well (R4).
 */
const LifeStage = Type.Union([Type.Literal('making'), Type.Literal('made'), Type.Literal('lived')]);
export type LifeStage = Static<typeof LifeStage>;

/** With what etcd was last started: the incarnation, and all that only a restart brings into force. */
const StartedWith = Type.Object({
  incarnation: Type.String(),
  restartKey: Type.String(),
  /** The version that was installed then; null where that could not be told. */
  etcdVersion: orNull(Type.String()),
  /** Names the conf.yml. */
  confKey: Type.String(),
});
export type StartedWith = Static<typeof StartedWith>;

/** What the agent remembers across its own death; written whole before what it speaks of begins. */
export const Journal = Type.Object({
  /** The inventory and the highest generation ever seen (R5). */
  inventory: orNull(Type.String()),
  generationSeen: Count,
  /** Of the coordinator's store that it follows; null before that was restored for the first time. */
  epoch: orNull(Epoch),
  /** Carried out whole. */
  generationApplied: Count,
  incarnations: Type.Record(Type.String(), LifeStage),
  startedWith: orNull(StartedWith),
  /** The newest conf.yml that etcd has proven itself with, and the life in which it has (R6). */
  lastGood: orNull(Type.Object({ incarnation: Type.String(), confKey: Type.String(), conf: Type.String() })),
  /** One that etcd cannot run with, and why: the last good one is in its place while it is wanted (R6). */
  rejected: orNull(Type.Object({ confKey: Type.String(), reason: ReportedReason })),
  /** The boot in which etcd was last seen to run; null once this agent has set about stopping it. */
  ranIn: orNull(Type.String()),
  /** How the last membership step ended. */
  lastStep: orNull(StepOutcome),
  /** How far the last snapshot has come that this node was asked for. */
  lastSnapshot: orNull(SnapshotOutcome),
  /** The same of the last order for the maintenance of etcd's database. */
  lastMaintenance: orNull(MaintenanceOutcome),
  /** Milliseconds since the epoch that have surely passed: this clock and the coordinator's agreed on them (R14). */
  clockFloor: Count,
  /** How many times an agent of this node has been started: its reports bear the number. */
  runs: Count,
});
export type Journal = Static<typeof Journal>;

export const emptyJournal: Journal = {
  inventory: null,
  generationSeen: 0,
  epoch: null,
  generationApplied: 0,
  incarnations: {},
  startedWith: null,
  lastGood: null,
  rejected: null,
  ranIn: null,
  lastStep: null,
  lastSnapshot: null,
  lastMaintenance: null,
  clockFloor: 0,
  runs: 0,
};
