import type { ClusterStatusView, RolloutView } from '@picket/shared/protocol/clusters.ts';

const states: Readonly<Record<RolloutView['state'], string>> = {
  rolling: 'is in progress',
  paused: 'is paused',
  stopped: 'has stopped',
};

/** The progress of the rollout in one line; nothing if all members have the newest settings. */
export function rolloutLine(rollout: RolloutView | null): string[] {
  if (rollout === null) return [];
  const { step, steps } = rollout;
  const members = rollout.members.map(({ name, revision, upToDate, onTrial }) => {
    const part = steps === 2 && revision === rollout.revision ? ` step ${upToDate ? step : 1}` : '';
    return `${name} ${onTrial ? 'tries' : 'has'} ${revision}${part}`;
  });
  const which = steps === 1 ? '' : `, step ${step} of 2,`;
  const why = rollout.reason === null ? '' : ` (${rollout.reason.message})`;
  return [`Rollout of revision ${rollout.revision}${which} ${states[rollout.state]}${why}: ${members.join(', ')}`];
}

/**
 * Whether a new rollout has two steps, and the state of the cluster and what the rollout waits for, unless a member of
 * a healthy cluster has begun with it.
 */
export function rolloutWaits({ state, headline, rollout, waitsFor }: ClusterStatusView): string[] {
  if (rollout === null) return [];
  const twice = rollout.steps === 2 ? [twoSteps] : [];
  const hasBegun = state === 'healthy' && rollout.members.some(({ onTrial }) => onTrial);
  if (hasBegun || waitsFor.length === 0) return twice;
  const standing = state === 'healthy' ? [] : [headline.message];
  return [...twice, ...standing, 'The rollout waits for:', ...waitsFor.map(({ message }) => `  - ${message}`)];
}

const twoSteps =
  'Members with the old timing and with the new one cannot be in one cluster, so each member restarts twice: ' +
  'first every member gets one part of the new timing, then every member gets the rest.';
