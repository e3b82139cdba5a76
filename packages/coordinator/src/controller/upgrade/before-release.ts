import { isOfMinor } from '@picket/shared/etcd-version.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import { alarmedBy } from '../../model/alarms.ts';
import { configurationOf } from '../../model/configuration-of.ts';
import type { Configuration } from '../../model/configuration-progress.ts';
import { presentStatus } from '../../model/health.ts';
import { act, type Opinion, remark, waitFor } from '../../model/opinion.ts';
import { endsOnOldEntries } from '../../model/raft-snapshots.ts';
import type { Situation } from '../../model/situation.ts';
import type { UpgradePause } from '../../model/upgrade-progress.ts';
import { minorBelow, minorBrought, minorIn, stageOf } from '../../model/upgrade-stage.ts';
import { hasFreshSnapshot, orderedSnapshot } from '../snapshots/snapshots.ts';
import { mayStartEarlier } from './downgrade-shown.ts';

/**
 * What comes before the next member gets another minor version of etcd; null: nothing, or it gets none. An operator may want to look
 * after the first one, and before the last one: a member with the former version is all that keeps etcd's cluster version from
 * rising, and with it the way back by a swap from ending.
 *
 * @param member the member whose turn it is
 */
export function beforeRelease(situation: Situation, member: string, configuration: Configuration): Opinion | null {
  const { spec, progress } = situation;
  const brings = minorBrought(progress);
  const { upgrade } = progress;
  const minorOfMember = (name: string) => minorIn(configurationOf(spec, progress, name), progress);
  if (upgrade === null || brings === null || minorIn(configuration, progress) !== brings) return null;
  if (minorOfMember(member) === brings) return null;
  if (endsOnOldEntries(situation, member)) return waitFor(reason('raft_snapshot_first', { member, minor: brings }));
  const all = Object.keys(progress.members);
  const former = all.filter((name) => minorOfMember(name) !== brings);
  const due: readonly UpgradePause[] = [
    ...(all.length - former.length === 1 ? (['after-first'] as const) : []),
    ...(former.length === 1 ? (['before-last'] as const) : []),
  ];
  const at = due.find((one) => upgrade.pauses.includes(one) && !upgrade.pausedAt.includes(one));
  if (at !== undefined) return act({ kind: 'pause-upgrade', at, member });
  const alarm = (['NOSPACE', 'CORRUPT'] as const).find((one) => (alarmedBy(situation, one) ?? []).length > 0);
  if (alarm !== undefined) return waitFor(reason('upgrade_after_alarm', { alarm }));
  if (minorBelow(progress) !== null) return mayStartEarlier(situation, brings) ? null : waitFor(versionFalls(brings));
  return former.length === 1 ? requireSnapshot(situation, reason('last_gets_minor', { minor: brings })) : null;
}

/**
 * What comes before this member restarts into another minor version, which it may have got long before its permit: in a downgrade,
 * somebody may have cancelled etcd's own one since. Before the last member of an upgrade, what was written since is not in the snapshot of
 * that moment (R19). null: nothing.
 */
export function beforeRestart(situation: Situation, member: string): Opinion | null {
  const { spec, progress } = situation;
  const brings = minorBrought(progress);
  const given = (name: string) => minorIn(configurationOf(spec, progress, name), progress);
  const runs = presentStatus(situation, member)?.etcd?.version;
  if (brings === null || given(member) !== brings || (runs !== undefined && isOfMinor(runs, brings))) return null;
  // Nothing that blocks: etcd is asked for its downgrade again meanwhile.
  if (minorBelow(progress) !== null) return mayStartEarlier(situation, brings) ? null : remark(versionFalls(brings));
  if (Object.keys(progress.members).some((name) => given(name) !== brings)) return null;
  return requireSnapshot(situation, reason('last_gets_minor', { minor: brings }));
}

/**
 * Whether this member already runs the earlier version of a downgrade whose stage has not given it that, as after a restore of the
 * coordinator from before it: until the stage does, a restart would bring the member up again. One that was put back goes up.
 */
export function hasGoneDown({ spec, progress, status }: Situation, name: string): boolean {
  const below = minorBelow(progress);
  const runs = status.nodes[name]?.status?.etcd?.version;
  if (below === null || runs === undefined || !isOfMinor(runs, below) || progress.upgrade?.leaves !== undefined)
    return false;
  const isPutBack = stageOf(progress)?.kind === 'install' && progress.configuration.rolledOut[name] !== undefined;
  return minorIn(configurationOf(spec, progress, name), progress) !== below && !isPutBack;
}

function versionFalls(minor: string): Reason {
  return reason('cluster_version_falls', { minor });
}

/** Not as before other changes, which go on without a snapshot in the end: after this one, a snapshot may be the only way back. */
export function requireSnapshot(situation: Situation, why: Reason): Opinion | null {
  return hasFreshSnapshot(situation) ? null : orderedSnapshot(situation, why);
}

/** The pause of an upgrade that no operator has ordered, with the members that do not have its etcd yet; null if an operator has paused it. */
export function upgradePause(
  { spec: { name: cluster }, progress }: Situation,
  behind: readonly string[],
): Reason | null {
  const stage = stageOf(progress);
  const at = progress.upgrade?.waitsAt;
  const version = stage?.kind === 'install' ? (stage.version ?? stage.packageMinor) : undefined;
  if (version === undefined || at === undefined) return null;
  const [member = ''] = behind;
  if (at === 'before-last') return reason('upgrade_pauses_before_last', { cluster, member, version });
  return reason('upgrade_pauses_after_first', { cluster, version });
}
