import type { MembershipPlan } from '@picket/shared/protocol/clusters.ts';
import { voters } from '../../model/health.ts';
import { isDeclared, namesOf, strangeVoters } from '../../model/member-names.ts';
import type { Situation } from '../../model/situation.ts';
import { inLeavingOrder } from './departures.ts';

/**
 * The changes of etcd's members from this progress to this spec, in the order in which the controller takes them. null if
 * there are none, or if the cluster has not been founded. Pure.
 *
 * @param joined the members that a machine has joined as
 */
export function membershipPlan(situation: Situation, joined: readonly string[]): MembershipPlan | null {
  const { spec, progress } = situation;
  if (progress.formation?.clusterId == null) return null;
  const phaseOf = (member: string) => progress.members[member]?.phase;
  const leaving = Object.keys(progress.members).filter((name) => !isDeclared(spec, name));
  const begun = namesOf(spec.members).filter((name) => phaseOf(name) === 'learner' || phaseOf(name) === 'adding');
  const outside = namesOf(spec.members).filter((name) => phaseOf(name) === undefined);
  const added = [...begun, ...outside].flatMap((member): MembershipPlan['steps'] => {
    const promote = { kind: 'promote', member } as const;
    return phaseOf(member) === 'learner' ? [promote] : [{ kind: 'add-learner', member }, promote];
  });
  const removed = inLeavingOrder(situation, leaving).map((member) => ({ kind: 'remove', member }) as const);
  const steps = [...removed, ...added];
  if (steps.length === 0) return null;
  const count = voters(situation).length + strangeVoters(progress).length;
  const fewer = leaving.filter((name) => phaseOf(name) === 'voter').length;
  return {
    voters: count,
    votersAfter: count - fewer + begun.length + outside.length,
    steps,
    toJoin: outside.filter((name) => !joined.includes(name)),
  };
}
