import { voters } from '../../model/health.ts';
import { restartRank } from '../../model/restart-rank.ts';
import type { Situation } from '../../model/situation.ts';
import { canStartAgain } from '../version/version.ts';

/**
 * The voters that must restart, or report that they need not, before this member does: none unless it leads (R6). The
 * leader may be the first to hear of a change. One that cannot restart, since its package has moved (R17), may get its release only
 * after the leader.
 */
export function restartBefore(situation: Situation, member: string): readonly string[] {
  if (restartRank(situation)(member) !== 2) return [];
  return voters(situation).flatMap(([name]) => {
    const node = situation.status.nodes[name];
    const seen = node?.status?.agent.generationSeen ?? 0;
    const isPending = node?.status?.service.restartPending === true && canStartAgain(situation, name);
    return name !== member && (isPending || (node !== undefined && seen < node.generation)) ? [name] : [];
  });
}
