import { isOfMinor } from '@picket/shared/etcd-version.ts';
import { configurationOf } from '../../model/configuration-of.ts';
import { voters } from '../../model/health.ts';
import type { ClusterProgress } from '../../model/progress.ts';
import type { Situation } from '../../model/situation.ts';
import { goingOn, type Upgrade } from '../../model/upgrade-progress.ts';
import {
  clusterVersionShown,
  minorBelow,
  minorBeside,
  minorBrought,
  minorIn,
  minorRun,
  stageOf,
} from '../../model/upgrade-stage.ts';

/**
 * Whether an operator can still take the present stage back: while a quorum shows the former cluster version, and no voter shows the
 * next one. What members were given decides nothing: one that was given the next version may not have started it. One or two voters, of
 * which one is down, are no quorum and raise no version: there those that can answer are enough, as for their agents. A downgrade can be
 * taken back until its end.
 */
export function upgradeMayEnd(situation: Situation): boolean {
  const { spec, progress } = situation;
  const brings = minorBrought(progress);
  if (brings === null || minorBelow(progress) !== null) return true;
  // A coordinator that was restored does not know what members were given since its backup.
  const given = Object.keys(progress.members).some(
    (name) =>
      minorIn(configurationOf(spec, progress, name), progress) === brings || minorRun(situation, name) === brings,
  );
  const { by, of } = clusterVersionShown(situation, progress.etcdMinor ?? brings);
  const agrees = by >= Math.min(of, voters(situation).length - 1);
  return !given || (agrees && clusterVersionShown(situation, brings).by === 0);
}

/** The upgrade on its way back to what all members ran before the present stage; null if there is none. */
export function takenBack(progress: ClusterProgress): Upgrade | null {
  const { upgrade, configuration } = progress;
  if (upgrade === null) return null;
  const version = configuration.settled?.etcd?.version ?? null;
  const beside = minorBeside(progress);
  if (beside === null) return null;
  const below = minorBelow(progress);
  const present = goingOn(upgrade);
  // Every member has the earlier one, and only the later stages can still be given up.
  if (version !== null && below !== null && isOfMinor(version, below))
    return { ...present, to: version, stages: upgrade.stages.slice(0, upgrade.at + 1) };
  const stages = [{ kind: 'install', version } as const];
  const stage = stageOf(progress);
  const left = minorBrought(progress) !== null && stage?.kind === 'install' ? { left: stage } : {};
  return { ...present, stages, at: 0, restarts: {}, pausedAt: [], leaves: beside, ...left };
}
