import { failure } from '@picket/shared/errors.ts';
import { byVersion, isEarlierMinor, isOfMinor, minorOf } from '@picket/shared/etcd-version.ts';
import type { ClusterSpec } from '@picket/shared/protocol/clusters.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import { levelMissing, newestHeld, type PlannedStage, versionsRun } from './plan-upgrade.ts';
import { type ReleaseFacts, requireHeld } from './require-release.ts';

/** How a cluster goes back to the former minor version. */
interface StepDown {
  readonly from: string;
  readonly to: string;
  /** It goes to this version or a later one: from an earlier one, the way up, which an abort takes, is not safe. */
  readonly least: string;
}

/** The steps that were tried with real clusters, under load, to the end and with an abort half way. */
const stepsDown: readonly StepDown[] = [
  { from: '3.6', to: '3.5', least: '3.5.26' },
  { from: '3.7', to: '3.6', least: '3.6.11' },
];

/**
 * The stages that bring a cluster from what its members run to this earlier version: for each minor version, etcd lowers its cluster
 * version, and then every member runs a release of it. Pure. Throws `downgrade_refused` where there is no way, and what
 * {@link requireHeld} throws for the version that is asked for.
 */
export function planDowngrade(spec: ClusterSpec, to: string, facts: ReleaseFacts): readonly PlannedStage[] {
  const { name } = spec;
  const refuse = (why: Reason) => failure('downgrade_refused', { cluster: name, to, reason: why });
  const { etcdMinor, formation } = facts.progress;
  if (formation?.clusterId == null) throw refuse(reason('upgrade_needs_cluster', { cluster: name }));
  if (etcdMinor === null) throw refuse(reason('minor_unknown'));
  requireHeld(name, to, facts);
  const runs = versionsRun(facts);
  // An upgrade brings those back that run a later one without an order, and a backup of the coordinator may be older than its cluster.
  if (runs.some((version) => isEarlierMinor(etcdMinor, minorOf(version))))
    throw refuse(reason('upgrade_of_mixed', { runs: runs.join(', ') }));
  const newest = runs.at(-1) ?? `${etcdMinor}.0`;
  if (runs.every((version) => version === to)) throw refuse(reason('upgrade_runs_already'));
  if (byVersion(to, newest) >= 0) throw refuse(reason('downgrade_goes_up', { cluster: name, runs: newest, to }));

  const stages: PlannedStage[] = [];
  for (let minor = etcdMinor; isEarlierMinor(minorOf(to), minor); ) {
    const step = stepsDown.find(({ from }) => from === minor);
    if (step === undefined) throw refuse(reason('upgrade_not_known', { runs: minor, minor: minorOf(to) }));
    const { least } = step;
    const isLast = isOfMinor(to, step.to);
    if (isLast && byVersion(to, least) < 0) throw refuse(reason('downgrade_below_least', { minor: step.to, least }));
    const version = isLast ? to : newestHeld(name, { from: step.to, least }, facts);
    if (version === null) throw refuse(levelMissing(minorOf(to), least));
    stages.push({ kind: 'downgrade', to: step.to }, { kind: 'install', version });
    minor = step.to;
  }
  return stages.length === 0 ? [{ kind: 'install', version: to }] : stages;
}
