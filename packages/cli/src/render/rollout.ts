import { plain } from '@picket/shared/plain.ts';
import type { RolloutView } from '@picket/shared/protocol/clusters.ts';

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
