import type { Reason } from '@picket/shared/reasons/reason.ts';
import { serving, voters } from '../model/health.ts';
import type { Situation } from '../model/situation.ts';

/** A voter that sees no quorum may only be cut off; or those that it cannot reach are down. */
export interface LeaderLost {
  /** The voters that report that they have no leader, or for a while that they serve no reads. */
  readonly leaderless: readonly string[];
  /** The voters that served by their last reports, all of which came before the first of those reports. */
  readonly silent: readonly string[];
}

/**
 * Who may be down although the last reports are good: a leader is lost within seconds, and a node counts as silent only
 * after missed reports. Use it for what operators read, never to decide a step (R16). Pure.
 */
export function silentSinceLeaderLost(situation: Situation): LeaderLost {
  const { status, now } = situation;
  const judged = voters(situation).map(([name]) => ({
    name,
    node: status.nodes[name],
    health: serving(situation, name),
  }));
  const lost = judged.flatMap(({ name, node, health }) =>
    !health.ok && node?.unhealthySince != null && missesQuorum(health.why, now - node.unhealthySince)
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

/** Each voter that runs has reported within this time: nodes report every 10 s at least. In milliseconds. */
const allReportWithin = 12_000;

/**
 * A leader that loses its followers serves no reads, and may keep its lead for a while. But a slow disk also keeps one from serving
 * reads, while the others serve and have nothing new to report.
 */
function missesQuorum({ code }: Reason, forMs: number): boolean {
  return code === 'no_leader' || (code === 'no_reads' && forMs > allReportWithin);
}
