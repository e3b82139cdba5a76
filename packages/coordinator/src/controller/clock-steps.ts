import type { Instant } from '../model/instant.ts';
import type { ClusterProgress } from '../model/progress.ts';

/** The progress after the wall clock was set by this much while the coordinator ran: each wait goes on where it was. */
export function afterClockStep(progress: ClusterProgress, byMs: number): ClusterProgress {
  return withWaits(progress, (at) => at + byMs);
}

/**
 * The progress as a coordinator takes it up that has just started. Only the wall clock has outlived the last process, and
 * may have been set meanwhile: how old a permit or a trial is cannot be known, so that each counts as begun only now. Too
 * long a wait delays the next restart by minutes, too short a one lets two members be down at once (R2). Of other waits only
 * those are mended that have not begun yet by this clock, since they would end only when it is there again.
 */
export function afterStart(progress: ClusterProgress, now: Instant): ClusterProgress {
  const begun = withWaits(progress, (at) => Math.min(at, now));
  const { permit, configuration, withdrawn } = begun;
  const { trial } = configuration;
  return {
    ...begun,
    permit: permit && { ...permit, issuedAt: now, withdrawnAt: permit.withdrawnAt === null ? null : now },
    withdrawn: withdrawn.map((one) => ({ ...one, at: now })),
    configuration: { ...configuration, trial: trial && { ...trial, since: now } },
  };
}

/** Changes every instant that something is counted from. What tells people when something was stays as it was told. */
function withWaits(progress: ClusterProgress, change: (at: Instant) => Instant): ClusterProgress {
  const { members, assignment, permit, stalls, lapses, configuration, snapshots, upkeep, quarantined, withdrawn } =
    progress;
  const { trial } = configuration;
  const { task, failure } = snapshots;
  const { noSpace } = upkeep;
  const maybe = (at: Instant | null) => (at === null ? null : change(at));
  return {
    ...progress,
    quarantined: quarantined.map((one) => ({ ...one, since: change(one.since) })),
    members: mapped(members, (life) => ({
      ...life,
      since: change(life.since),
      unfit: life.unfit && { ...life.unfit, since: change(life.unfit.since) },
      ...(life.promotionSince === undefined ? {} : { promotionSince: change(life.promotionSince) }),
    })),
    assignment: assignment && {
      ...assignment,
      issuedAt: change(assignment.issuedAt),
      since: change(assignment.since),
    },
    withdrawn: withdrawn.map((one) => ({ ...one, at: change(one.at) })),
    permit: permit && { ...permit, issuedAt: change(permit.issuedAt), withdrawnAt: maybe(permit.withdrawnAt) },
    stalls: mapped(stalls, (stall) => ({ ...stall, at: change(stall.at) })),
    lapses: mapped(lapses, change),
    configuration: { ...configuration, trial: trial && { ...trial, since: change(trial.since) } },
    snapshots: {
      ...snapshots,
      task: task && { ...task, issuedAt: change(task.issuedAt) },
      failure: failure && { ...failure, at: change(failure.at) },
    },
    upkeep: {
      ...upkeep,
      task: upkeep.task && { ...upkeep.task, issuedAt: change(upkeep.task.issuedAt) },
      failure: upkeep.failure && { ...upkeep.failure, at: change(upkeep.failure.at) },
      noSpace: noSpace && {
        ...noSpace,
        since: change(noSpace.since),
        compacted: noSpace.compacted && { ...noSpace.compacted, at: change(noSpace.compacted.at) },
      },
      defragmentedAt: mapped(upkeep.defragmentedAt, change),
      recoveries: upkeep.recoveries.map(change),
    },
  };
}

function mapped<Value>(
  record: Readonly<Record<string, Value>>,
  change: (value: Value) => Value,
): Readonly<Record<string, Value>> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]));
}
