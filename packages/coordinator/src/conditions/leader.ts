import { happening } from '@picket/shared/events/event.ts';
import type { ClusterConditions } from '../model/conditions.ts';
import { electorate, voters } from '../model/health.ts';
import { freshFor } from '../model/waits.ts';
import type { Change } from './change.ts';
import { type ConditionsSituation, presentReport } from './sight.ts';

/**
 * Counts elections: by how much the term has risen that a majority of the voters reports with its leader. One node alone
 * could report any term, and hide all elections below it. Ordinary elections have no event: the first, and those while a
 * permit is open or after the leader was removed. Pure.
 */
export function leaderChange(state: ClusterConditions, situation: ConditionsSituation): Change<ClusterConditions> {
  const { leader: before } = state;
  const seen = agreedLeader(situation);
  const isSame = before?.clusterId === seen?.clusterId;
  if (seen === null || (isSame && before !== null && seen.term === before.term)) return { after: state, events: [] };
  const after = { ...state, leader: seen };
  // A term never falls: the one before was no term of etcd, whoever reported it.
  const isFalse = before !== null && seen.term < before.term;
  if (before === null || !isSame || isFalse || isOrdinary(before, seen, situation)) return { after, events: [] };
  const [leader, former] = [nameOf(seen.memberId, situation), nameOf(before.memberId, situation)];
  const elections = seen.term - before.term;
  return { after, events: [happening('leader-changed', { leader, former, term: seen.term, elections })] };
}

/** null while no majority of all voters reports the same leader in the same term. */
function agreedLeader(situation: ConditionsSituation): ClusterConditions['leader'] {
  const { progress, status } = situation;
  const observations = voters(situation).flatMap(([name]) => {
    const etcd = presentReport(status.nodes[name], situation)?.status.etcd ?? null;
    if (etcd === null || etcd.leader === '0' || etcd.clusterId !== progress.formation?.clusterId) return [];
    return [{ clusterId: etcd.clusterId, memberId: etcd.leader, term: etcd.raftTerm }];
  });
  const { quorum } = electorate(situation);
  const agreed = (one: { readonly memberId: string; readonly term: number }) =>
    observations.filter(({ memberId, term }) => memberId === one.memberId && term === one.term).length;
  return observations.find((observation) => agreed(observation) >= quorum) ?? null;
}

type Leader = NonNullable<ClusterConditions['leader']>;

/** Picket itself has set it going: a leader hands over by order or before its restart, and one that is removed leads no more. */
function isOrdinary(former: Leader, seen: Leader, situation: ConditionsSituation): boolean {
  const { progress } = situation;
  if (progress.permit !== null || isHandedOver(former, seen, situation)) return true;
  const incarnation = Object.values(progress.members).find(({ memberId }) => memberId === former.memberId);
  return incarnation === undefined || incarnation.phase !== 'voter' || incarnation.leaving !== undefined;
}

/**
 * By an order. The former leader may report the end of it before a majority reports the new leader, but each voter that is
 * present does so within {@link freshFor}. Of a second election Picket knows nothing.
 */
function isHandedOver(former: Leader, seen: Leader, { progress, now }: ConditionsSituation): boolean {
  const { leaderMove, handedOver, members } = progress;
  if (seen.term !== former.term + 1) return false;
  if (leaderMove !== null && leaderMove.memberId === seen.memberId)
    return members[leaderMove.executor]?.memberId === former.memberId;
  if (handedOver === undefined || Math.abs(now - handedOver.at) > freshFor) return false;
  return handedOver.to === seen.memberId && handedOver.from === former.memberId;
}

function nameOf(memberId: string, { progress }: ConditionsSituation): string {
  const found = Object.entries(progress.members).find(([, member]) => member.memberId === memberId);
  return found?.[0] ?? memberId;
}
