import { isEarlierMinor, isOfMinor, minorOf } from '@picket/shared/etcd-version.ts';
import { configurationOf } from './configuration-of.ts';
import type { Configuration } from './configuration-progress.ts';
import { presentStatus, quorumOf, voters } from './health.ts';
import type { MemberProgress } from './membership-progress.ts';
import type { ClusterProgress } from './progress.ts';
import type { Situation } from './situation.ts';
import type { UpgradeStage } from './upgrade-progress.ts';

type Upgrading = Pick<ClusterProgress, 'upgrade' | 'etcdMinor'>;

/** The stage under way; null without an upgrade, and after its last one. */
export function stageOf({ upgrade }: Pick<ClusterProgress, 'upgrade'>): UpgradeStage | null {
  return upgrade?.stages[upgrade.at] ?? null;
}

/**
 * The minor version that members may run beside the cluster's, by an operator's order (R17): the one that this stage brings, the one that
 * an aborted stage has brought, or one that they run without an order and come back from. null: all run the same.
 */
export function minorBeside(progress: Upgrading): string | null {
  const { upgrade, etcdMinor } = progress;
  if (upgrade === null || etcdMinor === null) return null;
  if (upgrade.leaves !== undefined) return upgrade.leaves;
  const stage = stageOf(progress);
  return (stage?.kind === 'install' ? stage.beside : undefined) ?? minorBrought(progress);
}

/**
 * The other minor version that this stage brings, or to which it lowers etcd's cluster version; null for a stage of the cluster's own, and
 * once the stage is aborted.
 */
export function minorBrought(progress: Upgrading): string | null {
  const { upgrade, etcdMinor } = progress;
  const stage = stageOf(progress);
  if (etcdMinor === null || upgrade?.leaves !== undefined) return null;
  if (stage?.kind === 'downgrade') return stage.to;
  if (stage?.kind !== 'install') return null;
  const brings = stage.version === null ? (stage.packageMinor ?? etcdMinor) : minorOf(stage.version);
  return brings === etcdMinor ? null : brings;
}

/** {@link minorBeside} if it is an earlier one: etcd's own downgrade is under way, or an operator has aborted it. Otherwise null. */
export function minorBelow(progress: Upgrading): string | null {
  const beside = minorBeside(progress);
  return beside !== null && progress.etcdMinor !== null && isEarlierMinor(beside, progress.etcdMinor) ? beside : null;
}

/** The minor version of the etcd that these settings start; null if it is not known. */
export function minorIn(
  { etcd, packageMinor }: Pick<Configuration, 'etcd' | 'packageMinor'>,
  { etcdMinor }: Pick<ClusterProgress, 'etcdMinor'>,
) {
  return etcd === undefined ? (packageMinor ?? etcdMinor) : minorOf(etcd.version);
}

/** How many voters a majority is, and how many of them report that etcd's cluster version is of this minor version. */
export function clusterVersionShown(situation: Situation, minor: string): { readonly by: number; readonly of: number } {
  const all = voters(situation);
  const by = all.filter(([name]) => {
    const { clusterVersion } = presentStatus(situation, name)?.etcd ?? {};
    return clusterVersion !== undefined && isOfMinor(clusterVersion, minor);
  }).length;
  return { by, of: quorumOf(all.length) };
}

/**
 * Whether a member that runs the next minor version can go back to the one before: while a quorum shows that etcd's cluster version has not
 * risen. etcd refuses to start on data of a higher one, and raises it soon after the last listed member answers with it. In a
 * downgrade the member goes back to a later one, which starts with the data of an earlier one.
 */
export function mayGoBack(situation: Situation): boolean {
  const { progress } = situation;
  if (progress.etcdMinor === null || minorBeside(progress) === null) return true;
  if (minorBelow(progress) !== null) return true;
  const { by, of } = clusterVersionShown(situation, progress.etcdMinor);
  return by >= of;
}

/** The minor version that this member runs, by its last report, else the one that it was given; null if none is known. */
export function minorRun({ spec, progress, status }: Pick<Situation, 'spec' | 'progress' | 'status'>, name: string) {
  const runs = status.nodes[name]?.status?.etcd?.version;
  return runs === undefined ? minorIn(configurationOf(spec, progress, name), progress) : minorOf(runs);
}

/** Whether this member runs an earlier minor version than the cluster, by {@link minorRun}. */
export function runsEarlier(situation: Pick<Situation, 'spec' | 'progress' | 'status'>, name: string): boolean {
  const { etcdMinor } = situation.progress;
  const runs = minorRun(situation, name);
  return etcdMinor !== null && runs !== null && isEarlierMinor(runs, etcdMinor);
}

/**
 * Set if this member is the last one that keeps etcd's cluster version from rising: once etcd does not list it any more, no member can go
 * back to the former minor version. One that is leaving keeps it no longer. null otherwise, once the version has risen, and in a downgrade,
 * whose members can go to the later one.
 */
export function lastWithFormer(
  situation: Situation,
  name: string,
): { readonly former: string; readonly minor: string } | null {
  const { progress } = situation;
  const [former, minor] = [progress.etcdMinor, minorBeside(progress)];
  if (former === null || minor === null || !mayGoBack(situation) || minorBelow(progress) !== null) return null;
  const isKeeper = (one: string) => minorRun(situation, one) !== minor;
  const stays = ([one, { leaving }]: [string, MemberProgress]) =>
    one !== name && leaving === undefined && isKeeper(one);
  return isKeeper(name) && !Object.entries(progress.members).some(stays) ? { former, minor } : null;
}

/**
 * Whether the member on trial can go back to what it had before: to settings with an etcd of the same minor version always, otherwise as
 * {@link mayGoBack} says.
 */
export function mayPutBack(situation: Situation): boolean {
  const { spec, progress } = situation;
  const { trial } = progress.configuration;
  if (trial === null) return true;
  const given = configurationOf(spec, progress, trial.member);
  return minorIn(given, progress) === minorIn(trial.before, progress) || mayGoBack(situation);
}

/**
 * The voters that a stage of restarts still wants to restart, as far as they have reported. Each writes its own record of itself again
 * then, by an etcd that does so rightly: see ADR 61.
 */
export function stillToRestart(situation: Situation): readonly string[] {
  const { progress, status } = situation;
  const { upgrade, permit: present } = progress;
  if (upgrade === null || stageOf(progress)?.kind !== 'restart') return [];
  return voters(situation).flatMap(([name]) => {
    const permit = upgrade.restarts[name];
    const isOver = permit !== undefined && present?.id !== permit;
    return isOver && status.nodes[name]?.status?.service.lastPermit === permit ? [] : [name];
  });
}
