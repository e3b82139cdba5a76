import { Epoch } from '@picket/shared/protocol/epoch.ts';
import { MaintenanceOutcome } from '@picket/shared/protocol/maintenance.ts';
import { ReportedReason } from '@picket/shared/protocol/reason.ts';
import { ProgramOrder } from '@picket/shared/protocol/releases.ts';
import { StepOutcome } from '@picket/shared/protocol/report.ts';
import { SnapshotOutcome } from '@picket/shared/protocol/snapshots.ts';
import { oneOf, orNull } from '@picket/shared/protocol/unions.ts';
import type { Static } from 'typebox';
import * as Type from 'typebox';

const Count = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });

/**
 * How far one incarnation of a member has come. `making`: etcd has never been started on it, so its folder may be made
 * (again). `made`: etcd may have been started on it, so a missing folder means a lost disk. `lived`: etcd has answered
 * from it, so an empty folder means a lost disk too (R4).
 */
const IncarnationStage = oneOf('making', 'made', 'lived');
export type IncarnationStage = Static<typeof IncarnationStage>;

const Program = Type.Object({ version: Type.String(), sha256: Type.String() });

/**
 * The state with which etcd was last started: the incarnation, and everything that only a restart brings into force.
 */
const StartedWith = Type.Object({
  incarnation: Type.String(),
  restartKey: Type.String(),
  /** The version that was installed then; null if it was not known. */
  etcdVersion: orNull(Type.String()),
  /** Names the conf.yml and the release. */
  confKey: Type.String(),
  /** The release whose etcd was started. Left out where that was the etcd of the system's package. */
  program: Type.Optional(Program),
});
export type StartedWith = Static<typeof StartedWith>;

/** As no settings are: whatever is wanted then, also what ran before, needs a restart, and nothing proves itself until then. */
export function inDoubt(before: StartedWith): StartedWith {
  return { ...before, restartKey: '', confKey: '' };
}

/** A start was broken off before it was recorded: what the definition of the service names is not known. */
export function isInDoubt({ confKey }: StartedWith): boolean {
  return confKey === '';
}

/** What the agent remembers across restarts. It is written whole before the act that it records begins. */
export const Journal = Type.Object({
  /** The inventory and the highest generation ever seen (R5). */
  inventory: orNull(Type.String()),
  generationSeen: Count,
  /** The epoch of the coordinator's store; null until the coordinator was restored for the first time. */
  epoch: orNull(Epoch),
  /** The last generation that was applied completely. */
  generationApplied: Count,
  incarnations: Type.Record(Type.String(), IncarnationStage),
  startedWith: orNull(StartedWith),
  /** The newest conf.yml that etcd has proven itself with, with the release that it ran, and the incarnation in which it did (R6). */
  lastGood: orNull(
    Type.Object({
      incarnation: Type.String(),
      confKey: Type.String(),
      conf: Type.String(),
      program: Type.Optional(ProgramOrder),
      /** The version that was installed when it was started. Left out by an earlier agent. */
      etcdVersion: Type.Optional(orNull(Type.String())),
    }),
  ),
  /** A conf.yml or a release that etcd cannot run with, and why. The last good one replaces it for as long as it is wanted (R6). */
  rejected: orNull(
    Type.Object({
      confKey: Type.String(),
      reason: ReportedReason,
      /** The last good release was put back, and its etcd refused the data: it is not put back again. */
      refused: Type.Optional(ReportedReason),
    }),
  ),
  /** The boot in which etcd was last seen running; null once this agent has begun to stop it. */
  ranIn: orNull(Type.String()),
  /**
   * The last hold of this member: its permit, the boot in which it began, and when it began, in monotonic milliseconds.
   * `stopped`: this agent has stopped etcd for it, or was about to. `alone`: an earlier agent began it on root's order,
   * without a coordinator, for so many seconds.
   */
  held: orNull(
    Type.Object({
      permit: Type.String(),
      boot: orNull(Type.String()),
      since: Type.Number(),
      stopped: Type.Boolean(),
      alone: Type.Optional(Type.Object({ seconds: Type.Integer() })),
    }),
  ),
  /** The last hold that this agent refused to begin, and why. */
  holdRefused: Type.Optional(Type.Object({ permit: Type.String(), reason: ReportedReason })),
  /** The last permit by which this agent has restarted etcd; recorded before etcd starts again. */
  lastPermit: orNull(Type.String()),
  /** How the last membership step ended. */
  lastStep: orNull(StepOutcome),
  /** The state of the last snapshot order. */
  lastSnapshot: orNull(SnapshotOutcome),
  /** The state of the last order for maintenance. */
  lastMaintenance: orNull(MaintenanceOutcome),
  /** Milliseconds since the epoch that have surely passed: this clock and the coordinator's agreed on them (R14). */
  clockFloor: Count,
  /** How many times an agent of this node has been started; its reports carry this number. */
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
  held: null,
  lastPermit: null,
  lastStep: null,
  lastSnapshot: null,
  lastMaintenance: null,
  clockFloor: 0,
  runs: 0,
};
