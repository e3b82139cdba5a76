import { byVersion, isOfMinor, minorOf, versionIn } from '@picket/shared/etcd-version.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import type { Configuration } from '../../model/configuration-progress.ts';
import { presentStatus, voters } from '../../model/health.ts';
import { hasPackageOf } from '../../model/packages.ts';
import type { Situation } from '../../model/situation.ts';
import { minorBeside } from '../../model/upgrade-stage.ts';

/**
 * Why no member gets the etcd in these settings: it is of another minor version than the cluster runs, and no upgrade or downgrade
 * brings it (R17). So it is after an abort that came too late, and after a restore of the coordinator from before an upgrade. null if
 * members may get it.
 */
export function releaseWithoutOrder(situation: Situation, wanted: Configuration): Reason | null {
  const { spec, progress } = situation;
  const { etcdMinor: minor, configuration } = progress;
  if (minor === null) return null;
  const version = wanted.etcd?.version ?? null;
  if (version === null && !leavesForOtherPackages(situation, minor, wanted)) return null;
  if (version !== null && [minor, minorBeside(progress)].includes(minorOf(version))) return null;
  const { paused, settled } = configuration;
  const hasPackages = settled !== null && settled.etcd === undefined;
  // After a restore of the coordinator, members may run a release that its backup does not know.
  const runs = newestRun(situation, minor, hasPackages) ?? (hasPackages ? 'package' : null);
  return reason('release_without_order', { cluster: spec.name, version, minor, runs, paused });
}

/** Whether the rollout is paused, and would bring members from a release of this minor version to packages of another one, or to none. */
function leavesForOtherPackages({ progress, status }: Situation, minor: string, { packageMinor }: Configuration) {
  const { paused, settled } = progress.configuration;
  if (!paused || settled?.etcd === undefined || packageMinor !== undefined) return false;
  return Object.keys(progress.members).every((name) => !hasPackageOf(minor, status.nodes[name]));
}

/** The newest version of this minor version that a voter runs, if asked for from a release alone; null if none reports one. */
function newestRun(situation: Situation, minor: string, fromRelease: boolean): string | null {
  const run = voters(situation).flatMap(([name]) => {
    const said = presentStatus(situation, name);
    if (fromRelease && said?.service.release === undefined) return [];
    // A node may say anything, and people paste what comes of it.
    const version = versionIn(said?.etcd?.version ?? '')?.numbers.join('.');
    return version !== undefined && isOfMinor(version, minor) ? [version] : [];
  });
  return run.toSorted(byVersion).at(-1) ?? null;
}
