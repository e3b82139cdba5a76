import { plain } from '@picket/shared/plain.ts';
import type { RolloutView } from '@picket/shared/protocol/clusters.ts';

const states: Readonly<Record<RolloutView['state'], string>> = {
  rolling: 'goes on',
  paused: 'is paused',
  stopped: 'has stopped',
};

/** How far the newest settings have come, in one line; nothing when all members have them. */
export function rolloutLine(rollout: RolloutView | null): string[] {
  if (rollout === null) return [];
  const members = rollout.members.map(
    ({ name, revision, onTrial }) => `${plain(name)} ${onTrial ? `is trying ${revision}` : `has ${revision}`}`,
  );
  const why = rollout.reason === null ? '' : ` (${plain(rollout.reason.message)})`;
  return [`Rollout of revision ${rollout.revision} ${states[rollout.state]}${why}: ${members.join(', ')}`];
}
