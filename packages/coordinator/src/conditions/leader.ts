import { happening } from '@picket/shared/events/event.ts';
import type { ClusterConditions } from '../model/conditions.ts';
import { voters } from '../model/health.ts';
import type { Change } from './change.ts';
import { type ConditionsSituation, presentReport } from './sight.ts';

/**
 * Counts elections: by how much the highest term has risen that a voter reports together with a leader. Ordinary ones
 * have no event: the first, and those while a permit is open or after the leader was removed. Pure.
 */
export function leaderChange(state: ClusterConditions, situation: ConditionsSituation): Change<ClusterConditions> {
  const { leader: before } = state;
  const seen = highest(situation);
  const isSame = before?.clusterId === seen?.clusterId;
  if (seen === null || (isSame && before !== null && seen.term <= before.term)) return { after: state, events: [] };
  const after = { ...state, leader: seen };
  if (before === null || !isSame || isOrdinary(before.memberId, situation)) return { after, events: [] };
  const [leader, former] = [nameOf(seen.memberId, situation), nameOf(before.memberId, situation)];
  const elections = seen.term - before.term;
  return { after, events: [happening('leader-changed', { leader, former, term: seen.term, elections })] };
}

function highest(situation: ConditionsSituation): ClusterConditions['leader'] {
  const { progress, status } = situation;
  let found: ClusterConditions['leader'] = null;
  for (const [name] of voters(situation)) {
    const etcd = presentReport(status.nodes[name], situation)?.status.etcd ?? null;
    if (etcd === null || etcd.leader === '0' || etcd.clusterId !== progress.formation?.clusterId) continue;
    const { clusterId, leader: memberId, raftTerm: term } = etcd;
    if (found === null || term > found.term) found = { clusterId, memberId, term };
  }
  return found;
}

/** Picket itself has set it going: a leader hands over before its restart, and one that is removed leads no more. */
function isOrdinary(former: string, { progress }: ConditionsSituation): boolean {
  if (progress.permit !== null) return true;
  const life = Object.values(progress.members).find(({ memberId }) => memberId === former);
  return life === undefined || life.phase !== 'voter' || life.leaving !== undefined;
}

function nameOf(memberId: string, { progress }: ConditionsSituation): string {
  const found = Object.entries(progress.members).find(([, member]) => member.memberId === memberId);
  return found?.[0] ?? memberId;
}
