import { latestFix } from '@picket/shared/advisories/affects.ts';
import { advisories } from '@picket/shared/advisories/table.ts';
import { failure, PicketError } from '@picket/shared/errors.ts';
import { targetOf } from '@picket/shared/etcd-target.ts';
import { areNeighbours, byVersion, isEarlierMinor, isOfMinor, minorOf } from '@picket/shared/etcd-version.ts';
import type { ClusterSpec } from '@picket/shared/protocol/clusters.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import { replacedMinor } from '../controller/version/version.ts';
import { type StepUp, stepUpFrom } from '../model/steps-up.ts';
import type { UpgradeStage } from '../model/upgrade-progress.ts';
import type { Need } from '../model/upgrade-reasons.ts';
import { boardsWithFaulty, boardsWithout, withoutPackage } from './packages-missing.ts';
import { type ReleaseFacts, requireHeld } from './require-release.ts';

/** A stage of a plan, with why it is needed. */
export type PlannedStage = UpgradeStage & Need;

/** The stage without the reasons of its plan. */
export function stageIn({
  least: _least,
  moved: _moved,
  keepsWayBack: _keeps,
  boards: _boards,
  faulty: _faulty,
  ...stage
}: PlannedStage): UpgradeStage {
  return stage;
}

/**
 * The stages that bring a cluster from what its members run to this target, as {@link targetOf} reads it. Pure. Throws `already_so`, `upgrade_refused`
 * where there is no way, and what {@link requireHeld} throws for the version that is asked for.
 */
export function planUpgrade(spec: ClusterSpec, to: string, facts: ReleaseFacts): readonly PlannedStage[] {
  const { name } = spec;
  const refuse = (why: Reason) => failure('upgrade_refused', { cluster: name, to, reason: why });
  const { etcdMinor, formation } = facts.progress;
  if (formation?.clusterId == null) throw refuse(reason('upgrade_needs_cluster', { cluster: name }));
  if (etcdMinor === null) throw refuse(reason('minor_unknown'));
  const target = targetOf(to);
  const { version } = target;
  if (version !== null) requireHeld(name, version, facts);
  const runs = versionsRun(facts);
  const isDeclared = spec.etcd?.source === 'release' && spec.etcd.version === version;
  const isOfPackages =
    version === null && spec.etcd?.source !== 'release' && runs.every((one) => isOfMinor(one, target.minor));
  if (isOfPackages || (isDeclared && runs.every((one) => one === version)))
    throw failure('already_so', { reason: reason('upgrade_runs_already') });
  if (version === null && target.minor === etcdMinor)
    throw refuse(reason('upgrade_within_packages', { cluster: name, minor: etcdMinor }));
  const usual = runs.filter((version) => isOfMinor(version, etcdMinor));
  const beside = minorRunBeside(runs, etcdMinor);
  if (beside === undefined) throw refuse(reason('upgrade_of_mixed', { runs: runs.join(', ') }));
  const newest = usual.at(-1) ?? `${etcdMinor}.0`;
  const isEarlier = version !== null && target.minor === etcdMinor && byVersion(version, newest) < 0;
  if (isEarlier || isEarlierMinor(target.minor, etcdMinor))
    throw refuse(reason('upgrade_goes_down', { cluster: name, runs: newest, to: version ?? 'VERSION' }));
  const members = version === null ? withoutPackage(target.minor, facts) : [];
  if (members.length > 0)
    throw refuse(reason('upgrade_without_package', { cluster: name, members, minor: target.minor }));

  const stages: PlannedStage[] = [];
  let minor = etcdMinor;
  let oldest = usual[0] ?? `${etcdMinor}.0`;
  const moved = membersMoved(facts);
  // A machine has one package: once that is the next one, the member has only a release to go back to.
  const keepsWayBack = version === null && spec.etcd?.source !== 'release';
  while (minor !== target.minor) {
    const step = stepUpFrom(minor);
    if (step === null) throw refuse(reason('upgrade_not_known', { runs: minor, minor: target.minor }));
    const isFirst = minor === etcdMinor;
    const isLow = byVersion(oldest, step.least) < 0;
    if (isLow || (isFirst && (beside !== null || moved.length > 0 || keepsWayBack))) {
      const level = newestHeld(name, step, facts);
      if (level === null) throw refuse(levelMissing(step.to, step.least));
      stages.push({
        ...{ kind: 'install', version: level },
        ...(isFirst && beside !== null ? { beside } : whyLevel(isLow ? step.least : null, moved)),
      });
    }
    stages.push({ kind: step.first });
    minor = step.to;
    oldest = `${minor}.0`;
  }
  if (version === null) {
    const boards = boardsWithout(target.minor, facts);
    const faulty = boardsWithFaulty(target.minor, facts);
    return [
      ...stages,
      { kind: 'install', version, packageMinor: target.minor, boards, ...(faulty.length === 0 ? {} : { faulty }) },
    ];
  }
  return [...stages, { kind: 'install', version, ...(stages.length === 0 && beside !== null ? { beside } : {}) }];
}

function whyLevel(least: string | null, moved: readonly string[]): Need {
  if (least !== null) return { least };
  return moved.length > 0 ? { moved } : { keepsWayBack: true };
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

/** The members that run, or ran, what their machines no longer have installed: without a release, no restart brings them back (R17). */
function membersMoved({ progress, status }: ReleaseFacts): readonly string[] {
  return Object.keys(progress.members).filter((name) => {
    const node = status.nodes[name];
    return replacedMinor(node) !== null || node?.status?.service.state === 'held-back';
  });
}

/** The versions that the members run, each once, the oldest first. */
export function versionsRun({ progress, status }: Pick<ReleaseFacts, 'progress' | 'status'>): readonly string[] {
  const runs = Object.keys(progress.members).flatMap((name) => status.nodes[name]?.status?.etcd?.version || []);
  return [...new Set(runs)].sort(byVersion);
}

/** Why a plan has no way: the release store lacks this version and later ones of the same minor version. It names one to add. */
export function levelMissing(minor: string, least: string): Reason<'upgrade_level_missing'> {
  const fixed = latestFix(advisories, minorOf(least));
  const release = fixed !== null && byVersion(fixed, least) > 0 ? fixed : least;
  return reason('upgrade_level_missing', { minor, least, release });
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
