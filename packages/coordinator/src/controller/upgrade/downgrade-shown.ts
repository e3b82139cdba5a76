import { isOfMinor } from '@picket/shared/etcd-version.ts';
import type { EtcdReport } from '@picket/shared/protocol/report.ts';
import { presentStatus, voters } from '../../model/health.ts';
import type { Situation } from '../../model/situation.ts';

/** What each voter reports of its etcd; null of one that reports none. */
function reports(situation: Situation): readonly (EtcdReport | null)[] {
  return voters(situation).map(([name]) => presentStatus(situation, name)?.etcd ?? null);
}

/** Whether each voter shows that cluster version and data are of this minor version: from then on an etcd of it can start with them. */
export function hasFallen(situation: Situation, minor: string): boolean {
  return reports(situation).every((etcd) => {
    if (etcd?.clusterVersion === undefined || !isOfMinor(etcd.clusterVersion, minor)) return false;
    // etcd 3.5 has no storage version.
    return etcd.storageVersion === undefined || isOfMinor(etcd.storageVersion, minor);
  });
}

/** Whether a voter shows that etcd's own downgrade is under way. */
export function isOrdered(situation: Situation): boolean {
  return reports(situation).some((etcd) => etcd?.downgradeInfo?.enabled === true);
}

/**
 * Whether an etcd of this earlier minor version may take the place of a later one: all have come down to it, and something holds them
 * there, which is etcd's downgrade, or a voter that runs that version. Without that etcd raises its cluster version within seconds.
 */
export function mayStartEarlier(situation: Situation, minor: string): boolean {
  return hasFallen(situation, minor) && (isOrdered(situation) || runsSomewhere(situation, minor));
}

function runsSomewhere(situation: Situation, minor: string): boolean {
  return reports(situation).some((etcd) => etcd !== null && isOfMinor(etcd.version, minor));
}

/** Whether etcd must be asked for its downgrade to this minor version: a voter shows the later cluster version, and no downgrade. */
export function mustBeOrdered(situation: Situation, minor: string): boolean {
  if (isOrdered(situation) || runsSomewhere(situation, minor)) return false;
  return reports(situation).some(
    (etcd) =>
      etcd?.downgradeInfo !== undefined && etcd.clusterVersion !== undefined && !isOfMinor(etcd.clusterVersion, minor),
  );
}

/**
 * Whether etcd's own downgrade is over. Reports from before an order for it say nothing. etcd 3.5 does not show it: there, a member that
 * was asked to end it has answered. With authentication on it cannot be asked, and ends its downgrade itself, within five seconds after
 * the last member answers.
 */
export function isOver(situation: Situation): boolean {
  const { lastOrder = null } = situation.progress.upgrade ?? {};
  if (isOrdered(situation) || (lastOrder !== null && lastOrder.to !== null)) return false;
  const isAnswered = lastOrder !== null && lastOrder.failures === 0;
  return isAnswered || reports(situation).some((etcd) => etcd?.downgradeInfo !== undefined) || isKeptOut(situation);
}

function isKeptOut(situation: Situation): boolean {
  return voters(situation).some(([name]) => presentStatus(situation, name)?.service.authenticationOn === true);
}
