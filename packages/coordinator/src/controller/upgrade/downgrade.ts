import { doublingPauseMs } from '@picket/shared/backoff.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import { leads, presentStatus, servingVoters } from '../../model/health.ts';
import { maintenanceEnd } from '../../model/maintenance-end.ts';
import { act, agreed, type Opinion, remark, waitFor } from '../../model/opinion.ts';
import { risks } from '../../model/risks.ts';
import type { Situation } from '../../model/situation.ts';
import type { Upgrade, UpgradeStage } from '../../model/upgrade-progress.ts';
import { clusterVersionShown, minorBelow, stageOf } from '../../model/upgrade-stage.ts';
import { alarmSettles, downgradeSeconds, maintenanceRetryAfter } from '../../model/waits.ts';
import { requireSnapshot } from './before-release.ts';
import { isOver, mayStartEarlier, mustBeOrdered } from './downgrade-shown.ts';
import { isDone, whomItAwaits } from './stages.ts';

const longestRetry = 3_600_000;

/**
 * Asks etcd for its own downgrade, and ends the stages of one. What voters show decides: a stage that lowers the cluster version ends once
 * each of them shows that, and one that brings the earlier etcd once each runs it and etcd's downgrade is over. After an abort, etcd's
 * downgrade is ended at once: a member that still runs the earlier version keeps the cluster version down, and a lost member can be
 * replaced, which etcd refuses during its downgrade.
 */
export function downgrade(situation: Situation): Opinion {
  const { progress } = situation;
  const { upgrade } = progress;
  const to = minorBelow(progress);
  const stage = stageOf(progress);
  if (upgrade === null || to === null || stage === null) return agreed;
  if (upgrade.order !== undefined) return awaitOrder(situation, upgrade.order);
  const done = isDone(situation, stage);
  if ((done || upgrade.leaves !== undefined) && !isOver(situation)) return ask(situation, null);
  if (done) return endStage(situation, upgrade, stage, to);
  if (upgrade.leaves !== undefined) return remark(...whomItAwaits(situation, stage));
  if (mustBeOrdered(situation, to)) return askForDowngrade(situation, to);
  if (stage.kind !== 'downgrade') return remark(...whomItAwaits(situation, stage));
  if (mayStartEarlier(situation, to)) return act({ kind: 'end-upgrade-stage', stage, minor: null });
  return remark(reason('cluster_version_falls', { minor: to }));
}

function endStage(situation: Situation, { leaves }: Upgrade, stage: UpgradeStage, to: string): Opinion {
  const { etcdMinor } = situation.progress;
  const minor = leaves === undefined ? to : etcdMinor;
  if (minor === null) return agreed;
  const { by, of } = clusterVersionShown(situation, minor);
  if (by < of) return remark(reason('cluster_version_rises', { minor }));
  return act({ kind: 'end-upgrade-stage', stage, minor: leaves === undefined ? to : null });
}

function askForDowngrade(situation: Situation, to: string): Opinion {
  const { spec, progress } = situation;
  if (progress.configuration.paused) return remark(reason('downgrade_paused', { cluster: spec.name }));
  const [ailment] = risks(situation);
  if (ailment !== undefined) return remark(reason('every_voter_must_serve', { ailment }));
  return requireSnapshot(situation, reason('cluster_version_to_fall', { minor: to })) ?? ask(situation, to);
}

/** Asks the leader, or where some run etcd 3.5 already, one that does not; after a failure another voter, if one serves. */
function ask(situation: Situation, to: string | null): Opinion {
  const { now, progress } = situation;
  const { lastOrder } = progress.upgrade ?? {};
  if (lastOrder !== undefined && lastOrder.to === to) {
    const { failures, at, executor, reason: why } = lastOrder;
    // A report from before the order may still be the newest.
    const pause = failures === 0 ? alarmSettles : doublingPauseMs(failures, maintenanceRetryAfter, longestRetry);
    const failed = reason('downgrade_not_ordered', { executor, to, why });
    if (Math.abs(now - at) < pause) return remark(failures === 0 ? waitOf(to) : failed);
  }
  const able = servingVoters(situation);
  const others = able.filter(
    (name) => lastOrder === undefined || lastOrder.failures === 0 || name !== lastOrder.executor,
  );
  const later = others.filter((name) => presentStatus(situation, name)?.etcd?.downgradeInfo !== undefined);
  const preferred = later.length > 0 ? later : others;
  const executor = preferred.find((name) => leads(situation, name)) ?? preferred[0] ?? able[0];
  return executor === undefined ? remark(waitOf(to)) : act({ kind: 'assign-downgrade', executor, to });
}

function waitOf(to: string | null) {
  return to === null ? reason('downgrade_to_end') : reason('cluster_version_falls', { minor: to });
}

function awaitOrder(situation: Situation, order: NonNullable<Upgrade['order']>): Opinion {
  const { executor, to } = order;
  const end = maintenanceEnd(situation, order, downgradeSeconds);
  if (end === null) return waitFor(reason('downgrade_ordered', { executor, to }));
  return act({ kind: 'record-downgrade', executor, to, outcome: end.outcome, reason: end.why });
}
