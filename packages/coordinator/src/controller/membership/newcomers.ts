import { doublingPauseMs } from '@picket/shared/backoff.ts';
import { isEarlierMinor } from '@picket/shared/etcd-version.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import { following, type Health, not, voters } from '../../model/health.ts';
import { prepared } from '../../model/prepared.ts';
import type { Situation } from '../../model/situation.ts';
import { minorBelow, minorBeside, minorRun, runsEarlier } from '../../model/upgrade-stage.ts';
import { longestBackoff } from '../../model/waits.ts';
import { isOver } from '../upgrade/downgrade-shown.ts';
import { tooManyIncarnations } from './retired-incarnations.ts';

/** Declared members that could enter now, in the order of the spec. */
export function newcomers(situation: Situation): readonly string[] {
  const { spec, progress, now } = situation;
  return spec.members.flatMap(({ name }) => {
    if (progress.members[name] !== undefined && progress.members[name]?.phase !== 'adding') return [];
    return ableToEnter(name, situation).ok && backoffLeft(progress.stalls[name], now) === 0 ? [name] : [];
  });
}

/** True if a declared member follows as a learner, or could enter now. */
export function newcomerIsReady(situation: Situation): boolean {
  const { spec, progress } = situation;
  const follows = spec.members.some(
    ({ name }) => progress.members[name]?.phase === 'learner' && following(situation, name).ok,
  );
  return follows || newcomers(situation).length > 0;
}

export function ableToEnter(name: string, situation: Situation): Health {
  const why = tooManyIncarnations(name, situation) ?? betweenVersions(situation);
  return why === null ? prepared(name, situation) : not(why);
}

/** Milliseconds until a learner that stalled may enter again. */
export function backoffLeft(stall: { readonly at: number; readonly count: number } | undefined, now: number): number {
  if (stall === undefined) return 0;
  return Math.max(0, stall.at + doublingPauseMs(stall.count, 60_000, longestBackoff) - now);
}

/**
 * Once the last member that runs the former minor version is gone or changed, etcd raises its cluster version, and a newcomer with the
 * former one could not enter (R17): it gets the new one at the end of the stage.
 */
function betweenVersions(situation: Situation): Reason | null {
  const { progress } = situation;
  const brings = minorBeside(progress);
  const all = voters(situation).map(([name]) => name);
  // As after a restore of the coordinator from before a downgrade: etcd refuses a newcomer with the later version.
  if (brings === null) return all.some((name) => runsEarlier(situation, name)) ? reason('newcomer_after_stage') : null;
  if (minorBelow(progress) !== null) return duringDowngrade(situation);
  // After a restore of the coordinator, a voter may run a later one still.
  const stays = all.some((name) => isEarlierMinor(minorRun(situation, name) ?? brings, brings));
  return stays ? null : reason('newcomer_after_stage');
}

/** During its own downgrade etcd refuses a newcomer with the later version, and a newcomer gets no other one. */
function duringDowngrade(situation: Situation): Reason | null {
  const { spec, progress } = situation;
  const isTakenBack = progress.upgrade?.leaves !== undefined && isOver(situation);
  return isTakenBack ? null : reason('newcomer_after_downgrade', { cluster: spec.name });
}
