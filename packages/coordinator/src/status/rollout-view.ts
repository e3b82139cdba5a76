import type { ClusterSpec, RolloutView } from '@picket/shared/protocol/clusters.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import { configurationOf, sameConfiguration } from '../model/configuration-of.ts';
import { nextConfiguration, stagedConfiguration } from '../model/next-configuration.ts';
import type { ClusterProgress } from '../model/progress.ts';

export type Rollout = Omit<RolloutView, 'reason'> & { readonly reason: Reason<'of_member'> | null };

/** An operator may have forgotten a pause by the time of the next rollout. */
export function pauseNotices(spec: ClusterSpec, progress: ClusterProgress): readonly Reason[] {
  if (!progress.configuration.paused || rolloutView(spec, progress) !== null) return [];
  return [reason('rollouts_paused', { cluster: spec.name })];
}

/** How far the newest settings have been rolled out; null when every member has them, or none has begun. */
export function rolloutView(spec: ClusterSpec, progress: ClusterProgress): Rollout | null {
  const { settled, rolledOut, trial, stopped, paused } = progress.configuration;
  const wanted = stagedConfiguration(spec, progress);
  if (settled === null || (Object.keys(rolledOut).length === 0 && sameConfiguration(settled, wanted))) return null;
  const next = nextConfiguration(spec, progress);
  const isFirst = !sameConfiguration(next, wanted);
  // Only the first of two steps, or an earlier stage of an upgrade, can have been settled at the revision that is still rolled out.
  const isHalfWay = settled.revision === wanted.revision && !sameConfiguration(settled, wanted);
  const isSecond = !isFirst && progress.upgrade === null && isHalfWay;
  const stoppedHere = stopped !== null && sameConfiguration(stopped.configuration, next) ? stopped : null;
  return {
    revision: wanted.revision,
    step: isSecond ? 2 : 1,
    steps: isFirst || isSecond ? 2 : 1,
    state: stoppedHere !== null ? 'stopped' : paused ? 'paused' : 'rolling',
    reason: stoppedHere === null ? null : reason('of_member', { member: stoppedHere.member, why: stoppedHere.reason }),
    members: spec.members
      .filter(({ name }) => progress.members[name] !== undefined)
      .map(({ name }) => ({
        name,
        revision: configurationOf(spec, progress, name).revision,
        upToDate: sameConfiguration(configurationOf(spec, progress, name), next),
        onTrial: trial?.member === name,
      })),
  };
}
