import { serving, voters } from '../model/health.ts';
import type { Situation } from '../model/situation.ts';

/** A voter that has no leader may only be cut off; or those that it cannot reach are down. */
export interface LeaderLost {
  /** The voters that report that they have no leader. */
  readonly leaderless: readonly string[];
  /** The voters that served by their last reports, all of which came before the first of those reports. */
  readonly silent: readonly string[];
}

/**
 * Who may be down although the last reports are good: a leader is lost within seconds, and a node counts as silent only
 * after missed reports. Use it for what operators read, never to decide a step (R16). Pure.
 */
export function silentSinceLeaderLost(situation: Situation): LeaderLost {
  const { status } = situation;
  const judged = voters(situation).map(([name, member]) => ({
    name,
    node: status.nodes[name],
    health: serving(member, status.nodes[name], situation),
  }));
  const lost = judged.flatMap(({ name, node, health }) =>
    !health.ok && health.why.code === 'no_leader' && node?.unhealthySince != null
      ? [{ name, since: node.unhealthySince }]
      : [],
  );
  const since = Math.min(...lost.map((one) => one.since));
  return {
    leaderless: lost.map(({ name }) => name),
    silent: judged.flatMap(({ name, node, health }) =>
      lost.length > 0 && health.ok && (node?.receivedAt ?? since) < since ? [name] : [],
    ),
  };
}
