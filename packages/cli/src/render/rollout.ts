import { plain } from '@picket/shared/plain.ts';
import type { ClusterStatusView, RolloutView } from '@picket/shared/protocol/clusters.ts';

const states: Readonly<Record<RolloutView['state'], string>> = {
  rolling: 'is in progress',
  paused: 'is paused',
  stopped: 'has stopped',
};

/** The progress of the rollout in one line; nothing if all members have the newest settings. */
export function rolloutLine(rollout: RolloutView | null): string[] {
  if (rollout === null) return [];
  const members = rollout.members.map(
    ({ name, revision, onTrial }) => `${plain(name)} ${onTrial ? `tries ${revision}` : `has ${revision}`}`,
  );
  const why = rollout.reason === null ? '' : ` (${plain(rollout.reason.message)})`;
  return [`Rollout of revision ${rollout.revision} ${states[rollout.state]}${why}: ${members.join(', ')}`];
}

/**
 * The state of the cluster and what a new rollout waits for, after it was ordered; nothing if a member of a healthy
 * cluster has begun with it.
 */
export function rolloutWaits({ state, headline, rollout, waitsFor }: ClusterStatusView): string[] {
  if (rollout === null || waitsFor.length === 0) return [];
  if (state === 'healthy' && rollout.members.some(({ onTrial }) => onTrial)) return [];
  const standing = state === 'healthy' ? [] : [plain(headline.message)];
  return [...standing, 'The rollout waits for:', ...waitsFor.map(({ message }) => `  - ${plain(message)}`)];
}
