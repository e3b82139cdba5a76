import { isEarlierMinor, isOfMinor, minorOf } from '@picket/shared/etcd-version.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import { configurationOf } from '../../model/configuration-of.ts';
import type { Configuration } from '../../model/configuration-progress.ts';
import { following, presentStatus, voters } from '../../model/health.ts';
import { act, agreed, type Opinion, remark, waitFor } from '../../model/opinion.ts';
import { packageAwaited } from '../../model/packages.ts';
import { withoutRaftSnapshot } from '../../model/raft-snapshots.ts';
import type { Situation } from '../../model/situation.ts';
import type { Installing, Upgrade, UpgradeStage } from '../../model/upgrade-progress.ts';
import { clusterVersionShown, minorBelow, minorBrought, stageOf, stillToRestart } from '../../model/upgrade-stage.ts';
import { raftIndexToNote, raftSnapshotsAwaited } from './raft-index.ts';

/**
 * Ends the stage that every member has done, and then the upgrade. A stage that brings another minor version ends once a quorum shows
 * that etcd's cluster version has risen: from then on the cluster runs that version, and nothing goes back by a swap. What ends the
 * stages of a downgrade, `downgrade` decides.
 */
export function stages(situation: Situation): Opinion {
  const { upgrade } = situation.progress;
  if (upgrade === null) return agreed;
  const stage = stageOf(situation.progress);
  if (stage === null) {
    const { to, leaves, down } = upgrade;
    return act({ kind: 'end-upgrade', to, aborted: leaves !== undefined, ...(down === true ? { down } : {}) });
  }
  if (minorBelow(situation.progress) !== null) return downBefore(situation, upgrade, stage) ?? agreed;
  // The last member with the former version has gone on, or somebody has removed it: nothing can go back any more.
  if (upgrade.leaves !== undefined) {
    const { leaves, left } = upgrade;
    const { by, of } = clusterVersionShown(situation, leaves);
    if (by >= of) return act({ kind: 'end-upgrade-stage', stage: left ?? stage, minor: leaves });
  }
  const passed = passedBefore(situation, upgrade, stage);
  if (passed !== null) return passed;
  const noted = raftIndexToNote(situation);
  if (noted?.step != null) return noted;
  if (!isDone(situation, stage)) return noted ?? remark(...whomItAwaits(situation, stage));
  const brings = minorBrought(situation.progress);
  if (brings === null) return act({ kind: 'end-upgrade-stage', stage, minor: null });
  const { by, of } = clusterVersionShown(situation, brings);
  if (by < of) return waitFor(reason('cluster_version_rises', { minor: brings }));
  return act({ kind: 'end-upgrade-stage', stage, minor: brings });
}

/**
 * Ends the stage if the cluster has the minor version that it brings, although the stage has not begun here: a coordinator that was restored
 * from a backup does not know what members got since, and would bring them back to what their data refuses. If they have got something
 * else, which the upgrade knows nothing of, the upgrade ends. Otherwise null.
 */
function passedBefore(situation: Situation, upgrade: Upgrade, stage: UpgradeStage): Opinion | null {
  const brings = minorBrought(situation.progress);
  const { rolledOut, trial } = situation.progress.configuration;
  if (brings === null || stage.kind !== 'install' || trial !== null || Object.keys(rolledOut).length > 0) return null;
  const { by, of } = clusterVersionShown(situation, brings);
  if (by < of) return null;
  const others = notRunning(situation, stage);
  if (others.length === 0) return act({ kind: 'end-upgrade-stage', stage, minor: brings });
  return others.every((name) => hasReached(situation, name, brings))
    ? act({ kind: 'record-version', minor: brings, ends: upgrade.to })
    : null;
}

/** Whether this voter says that it runs this minor version, or a later one. */
function hasReached(situation: Situation, name: string, minor: string): boolean {
  const runs = presentStatus(situation, name)?.etcd?.version;
  return runs !== undefined && !isEarlierMinor(minorOf(runs), minor);
}

/**
 * The same in a downgrade: all members run the earlier etcd already. They keep it, and the stage goes on as if it had been rolled out here:
 * etcd's own downgrade may not be over. null if they do not, and if an operator has aborted the downgrade.
 */
function downBefore(situation: Situation, { leaves }: Upgrade, stage: UpgradeStage): Opinion | null {
  const { settled, rolledOut, trial } = situation.progress.configuration;
  if (leaves !== undefined || settled === null || trial !== null || Object.keys(rolledOut).length > 0) return null;
  if (stage.kind === 'downgrade') {
    const reached = { kind: 'install', version: null, packageMinor: stage.to } as const;
    return notRunning(situation, reached).length > 0 ? null : act({ kind: 'end-upgrade-stage', stage, minor: null });
  }
  if (stage.kind !== 'install' || stage.version === null || settled.etcd?.version === stage.version) return null;
  if (notRunning(situation, stage).length > 0) return null;
  return act({ kind: 'settle-configuration', configuration: { ...settled, etcd: { version: stage.version } } });
}

/** Whether every member has done this stage, and runs what the stage brings. */
export function isDone(situation: Situation, stage: UpgradeStage): boolean {
  if (stage.kind === 'restart') return stillToRestart(situation).length === 0;
  if (stage.kind === 'downgrade') return false;
  if (!isRolledOut(situation, stage)) return false;
  return stage.kind === 'raft-snapshot'
    ? withoutRaftSnapshot(situation).length === 0
    : notRunning(situation, stage).length === 0;
}

/**
 * Every member that could get the settings of the stage has shown that it runs with them. Where other settings have stopped, each has the
 * etcd of a stage that brings another minor version: no abort takes that back any more, and newcomers wait for the end of the stage.
 */
function isRolledOut(
  { spec, progress }: Situation,
  stage: Exclude<UpgradeStage, { kind: 'restart' | 'downgrade' }>,
): boolean {
  const { settled, rolledOut, trial, stopped } = progress.configuration;
  if (settled === null || trial !== null) return false;
  if (stage.kind === 'install' && stopped !== null && minorBrought(progress) !== null)
    return Object.keys(progress.members).every((name) => isOfStage(configurationOf(spec, progress, name), stage));
  if (Object.keys(rolledOut).length > 0) return false;
  return stage.kind === 'raft-snapshot' ? settled.raftSnapshots === true : isOfStage(settled, stage);
}

function isOfStage({ etcd, packageMinor }: Configuration, stage: Installing): boolean {
  return (etcd?.version ?? null) === stage.version && packageMinor === stage.packageMinor;
}

/** By what each voter's etcd says of itself: a package may have moved, and an agent may have started something else. */
function notRunning(situation: Situation, { version, packageMinor }: Installing): readonly string[] {
  const minor = version === null ? (packageMinor ?? situation.progress.etcdMinor) : minorOf(version);
  return voters(situation).flatMap(([name]) => {
    const runs = presentStatus(situation, name)?.etcd?.version;
    const isReached =
      runs !== undefined && (version === null ? minor === null || isOfMinor(runs, minor) : runs === version);
    return isReached ? [] : [name];
  });
}

/** The voters without which the stage does not end, and why each has not done it: nothing else says so once all others have. */
export function whomItAwaits(situation: Situation, stage: UpgradeStage): readonly Reason[] {
  if (stage.kind === 'restart') {
    const away = stillToRestart(situation).map((member) => ({ member, health: following(situation, member) }));
    if (away.some(({ health }) => health.ok)) return [];
    return away.flatMap(({ member, health }) =>
      health.ok ? [] : [reason('stage_waits_for', { member, why: health.why })],
    );
  }
  if (stage.kind === 'downgrade') return [];
  if (!isRolledOut(situation, stage)) return stage.kind === 'install' ? packagesAwaited(situation, stage) : [];
  if (stage.kind === 'raft-snapshot') return raftSnapshotsAwaited(situation);
  return notRunning(situation, stage).map((member) => {
    const health = following(situation, member);
    const facts = {
      runs: presentStatus(situation, member)?.etcd?.version ?? '',
      version: stage.version ?? stage.packageMinor ?? '',
    };
    return reason('stage_waits_for', { member, why: health.ok ? reason('runs_other_etcd', facts) : health.why });
  });
}

/** On which machines the package of this stage is missing, and what installs it there: an operator can do so before the turn of the member. */
function packagesAwaited(situation: Situation, { packageMinor }: Installing): readonly Reason[] {
  const { progress } = situation;
  if (packageMinor === undefined || progress.upgrade?.leaves !== undefined) return [];
  return notRunning(situation, { kind: 'install', version: null, packageMinor }).flatMap((member) => {
    const isThere = presentStatus(situation, member) !== null;
    return (isThere ? packageAwaited(situation, member, packageMinor) : null) ?? [];
  });
}
