import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import { alarmedBy } from '../../model/alarms.ts';
import type { NodeObservation } from '../../model/cluster-status.ts';
import type { Corruption, Finding } from '../../model/corruption-progress.ts';
import { strangeVoters } from '../../model/member-names.ts';
import type { ClusterProgress } from '../../model/progress.ts';
import { type Situation, withNode } from '../../model/situation.ts';

/** The member IDs of all voters that etcd lists, declared or not (R3). */
export function voterIds(progress: ClusterProgress): readonly string[] {
  const own = Object.values(progress.members).flatMap(({ phase, memberId }) =>
    phase === 'voter' && memberId !== null ? [memberId] : [],
  );
  return [...own, ...strangeVoters(progress).map(({ id }) => id)].sort();
}

/** The last comparison, if it was one of the present voters; null otherwise. */
export function presentComparison(progress: ClusterProgress): Corruption['found'] {
  const { found } = progress.corruption;
  return found !== null && found.voters.join() === voterIds(progress).join() ? found : null;
}

export function isCorruptRaised(situation: Situation): boolean {
  return (alarmedBy(situation, 'CORRUPT') ?? []).length > 0;
}

/** Who agrees and who differs, while the alarm CORRUPT is raised and a comparison of the present voters shows it. */
export function namedNow(situation: Situation): Pick<Finding, 'agreeing' | 'differing'> | null {
  const found = presentComparison(situation.progress);
  return found?.finding === 'named' && isCorruptRaised(situation) ? found : null;
}

/**
 * The situation if the alarm CORRUPT said nothing against the voters that agree: etcd calls itself unhealthy on each member
 * while it is raised. Of the others none counts as serving. Without a member that is named: the situation itself.
 */
export function asIfDisarmed(situation: Situation): Situation {
  const agreeing = namedNow(situation)?.agreeing ?? [];
  return agreeing.reduce((after, name) => withNode(after, name, asHealthy), situation);
}

function asHealthy(node: NodeObservation): NodeObservation {
  const etcd = node.status?.etcd;
  return etcd ? { ...node, status: { ...node.status, etcd: { ...etcd, healthy: true } } } : node;
}

/**
 * Why this member must not leave now; null if it may. While CORRUPT is raised, only a named member may leave, since any other
 * may have the right data.
 */
export function keepsItsData(situation: Situation, name: string): Reason | null {
  if (!isCorruptRaised(situation)) return null;
  return namedNow(situation)?.differing.includes(name) === true ? null : reason('data_unproven');
}
