import { failure, PicketError } from '@picket/shared/errors.ts';
import { areNeighbours, byVersion, isEarlierMinor, isOfMinor, minorOf } from '@picket/shared/etcd-version.ts';
import type { ClusterSpec } from '@picket/shared/protocol/clusters.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import { replacedMinor } from '../controller/version/version.ts';
import { type StepUp, stepUpFrom } from '../model/steps-up.ts';
import type { UpgradeStage } from '../model/upgrade-progress.ts';
import { type ReleaseFacts, requireHeld } from './require-release.ts';

/**
 * A stage of a plan. `least`: what etcd's guide asks for, if that is why it is needed. `moved`: whose packages could not start their
 * members again, if that is why.
 */
export type PlannedStage = UpgradeStage & { readonly least?: string; readonly moved?: readonly string[] };

/**
 * The stages that bring a cluster from what its members run to this version. Pure. Throws `upgrade_refused` where there is no way,
 * and what {@link requireHeld} throws for the version that is asked for.
 */
export function planUpgrade(spec: ClusterSpec, to: string, facts: ReleaseFacts): readonly PlannedStage[] {
  const { name } = spec;
  const refuse = (why: Reason) => failure('upgrade_refused', { name, to, reason: why });
  const { etcdMinor, formation } = facts.progress;
  if (formation?.clusterId == null) throw refuse(reason('upgrade_needs_cluster', { cluster: name }));
  if (etcdMinor === null) throw refuse(reason('minor_unknown'));
  requireHeld(name, to, facts);
  const runs = versionsRun(facts);
  const isDeclared = spec.etcd?.source === 'release' && spec.etcd.version === to;
  if (isDeclared && runs.every((version) => version === to)) throw refuse(reason('upgrade_runs_already'));
  const usual = runs.filter((version) => isOfMinor(version, etcdMinor));
  const beside = minorRunBeside(runs, etcdMinor);
  if (beside === undefined) throw refuse(reason('upgrade_of_mixed', { runs: runs.join(', ') }));
  const newest = usual.at(-1) ?? `${etcdMinor}.0`;
  const goesDown = isEarlierMinor(minorOf(to), etcdMinor) || (isOfMinor(to, etcdMinor) && byVersion(to, newest) < 0);
  if (goesDown) throw refuse(reason('upgrade_goes_down', { cluster: name, runs: newest, to }));

  const stages: PlannedStage[] = [];
  let minor = etcdMinor;
  let oldest = usual[0] ?? `${etcdMinor}.0`;
  const moved = membersMoved(facts);
  while (minor !== minorOf(to)) {
    const step = stepUpFrom(minor);
    if (step === null) throw refuse(reason('upgrade_not_known', { runs: minor, minor: minorOf(to) }));
    const isFirst = minor === etcdMinor;
    const isLow = byVersion(oldest, step.least) < 0;
    if (isLow || (isFirst && (beside !== null || moved.length > 0))) {
      const level = newestHeld(name, step, facts);
      if (level === null) throw refuse(reason('upgrade_level_missing', { minor: step.to, least: step.least }));
      stages.push({
        ...{ kind: 'install', version: level },
        ...(isFirst && beside !== null ? { beside } : isLow ? { least: step.least } : { moved }),
      });
    }
    stages.push({ kind: step.first });
    minor = step.to;
    oldest = `${minor}.0`;
  }
  return [...stages, { kind: 'install', version: to, ...(stages.length === 0 && beside !== null ? { beside } : {}) }];
}

/**
 * The next minor version, which some members run without an order, such as after a restore of the coordinator; null if none does. undefined
 * if the members run what no order leads back from.
 */
function minorRunBeside(runs: readonly string[], etcdMinor: string): string | null | undefined {
  const minors = new Set(runs.map(minorOf));
  const [other, ...more] = [...minors].filter((minor) => minor !== etcdMinor);
  if (other === undefined) return null;
  const isNext = areNeighbours(etcdMinor, other) && isEarlierMinor(etcdMinor, other);
  return isNext && more.length === 0 && minors.has(etcdMinor) ? other : undefined;
}

/** The members that run what their machines no longer have installed: without a release, no restart brings them back (R17). */
function membersMoved({ progress, status }: ReleaseFacts): readonly string[] {
  return Object.keys(progress.members).filter((name) => replacedMinor(status.nodes[name]) !== null);
}

/** The versions that the members run, each once, the oldest first. */
export function versionsRun({ progress, status }: Pick<ReleaseFacts, 'progress' | 'status'>): readonly string[] {
  const runs = Object.keys(progress.members).flatMap((name) => status.nodes[name]?.status?.etcd?.version || []);
  return [...new Set(runs)].sort(byVersion);
}

/** The newest release of a minor version that the store has for each machine of the cluster, from this one on; null: it has none. */
export function newestHeld(
  name: string,
  { from, least }: Pick<StepUp, 'from' | 'least'>,
  facts: ReleaseFacts,
): string | null {
  const versions = facts.releases.flatMap(({ version }) => version ?? []);
  const able = [...new Set(versions)].filter((one) => isOfMinor(one, from) && byVersion(one, least) >= 0);
  return able.sort(byVersion).findLast((version) => isHeld(name, version, facts)) ?? null;
}

function isHeld(name: string, version: string, facts: ReleaseFacts): boolean {
  try {
    requireHeld(name, version, facts);
    return true;
  } catch (error) {
    if (error instanceof PicketError) return false;
    throw error;
  }
}
