import type { MembershipPlan } from '@picket/shared/protocol/clusters.ts';
import { electorate, serving, voters } from '../../model/health.ts';
import { isDeclared, namesOf } from '../../model/member-names.ts';
import type { Situation } from '../../model/situation.ts';
import { inLeavingOrder } from './departures.ts';
import { countLetsGo } from './odd-count.ts';

/**
 * The changes of etcd's members from this progress to this spec, in the order in which the controller takes them. null if
 * there are none, or if the cluster has not been founded. Pure.
 *
 * @param joined the members that a machine has joined as
 */
export function membershipPlan(situation: Situation, joined: readonly string[]): MembershipPlan | null {
  const { spec, progress } = situation;
  if (progress.formation?.clusterId == null) return null;
  const steps = membershipSteps(situation);
  if (steps.length === 0) return null;
  const { all: count } = electorate(situation);
  const fewer = steps.filter(({ kind, member }) => kind === 'remove' && progress.members[member]?.phase === 'voter');
  return {
    voters: count,
    votersAfter: count - fewer.length + newcomersOf(situation).length,
    steps: [...steps],
    toJoin: namesOf(spec.members).filter((name) => progress.members[name] === undefined && !joined.includes(name)),
  };
}

/**
 * The same changes alone. First those that leave without a vote. Then, pair by pair, a newcomer is promoted and a voter
 * leaves; a voter that does not serve leaves first. The rest is growth or shrinking.
 */
export function membershipSteps(situation: Situation): MembershipPlan['steps'] {
  const { spec, progress } = situation;
  const leaving = inLeavingOrder(
    situation,
    Object.keys(progress.members).filter((name) => !isDeclared(spec, name)),
  );
  const isVoter = (name: string) => progress.members[name]?.phase === 'voter';
  const leavers = leaving.filter(isVoter);
  const coming = [...newcomersOf(situation)];
  const steps: MembershipPlan['steps'] = leaving
    .filter((name) => !isVoter(name))
    .map((member) => ({ kind: 'remove', member }));
  for (let count = voters(situation).length; leavers.length + coming.length > 0; ) {
    const [leaver] = leavers;
    const mayLeave = countLetsGo({ voters: count, coming: coming.length, asked: spec.members.length });
    if (leaver !== undefined && (mayLeave || !serving(situation, leaver).ok)) {
      steps.push({ kind: 'remove', member: leaver });
      leavers.shift();
      count -= 1;
      continue;
    }
    const member = coming.shift() ?? '';
    if (progress.members[member]?.phase !== 'learner') steps.push({ kind: 'add-learner', member });
    steps.push({ kind: 'promote', member });
    count += 1;
  }
  return steps;
}

/** Declared members that are not voters yet; first those whose way into etcd has begun. */
function newcomersOf({ spec, progress }: Situation): readonly string[] {
  const phaseOf = (name: string) => progress.members[name]?.phase;
  const begun = namesOf(spec.members).filter((name) => phaseOf(name) === 'learner' || phaseOf(name) === 'adding');
  return [...begun, ...namesOf(spec.members).filter((name) => phaseOf(name) === undefined)];
}
