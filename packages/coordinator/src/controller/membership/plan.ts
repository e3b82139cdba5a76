import type { ClusterSpec, MembershipPlan } from '@picket/shared/protocol/clusters.ts';
import { voters } from '../../model/health.ts';
import { namesOf, strangeVoters } from '../../model/member-names.ts';
import type { ClusterProgress } from '../../model/progress.ts';

/**
 * The changes of etcd's members from this progress to this spec, in the order in which the controller takes them. null if
 * there are none, or if the cluster has not been founded. Pure.
 *
 * @param joined the members that a machine has joined as
 */
export function membershipPlan(
  spec: ClusterSpec,
  progress: ClusterProgress,
  joined: readonly string[],
): MembershipPlan | null {
  if (progress.formation?.clusterId == null) return null;
  const phaseOf = (member: string) => progress.members[member]?.phase;
  const begun = namesOf(spec.members).filter((name) => phaseOf(name) === 'learner' || phaseOf(name) === 'adding');
  const outside = namesOf(spec.members).filter((name) => phaseOf(name) === undefined);
  const steps = [...begun, ...outside].flatMap((member): MembershipPlan['steps'] => {
    const promote = { kind: 'promote', member } as const;
    return phaseOf(member) === 'learner' ? [promote] : [{ kind: 'add-learner', member }, promote];
  });
  if (steps.length === 0) return null;
  const count = voters({ spec, progress }).length + strangeVoters(progress).length;
  const promoted = steps.filter(({ kind }) => kind === 'promote').length;
  return {
    voters: count,
    votersAfter: count + promoted,
    steps,
    toJoin: outside.filter((name) => !joined.includes(name)),
  };
}
