import type { ClusterSpec, MembershipPlan } from '@picket/shared/protocol/clusters.ts';

type PlanStep = MembershipPlan['steps'][number];

function stepInWords({ kind, member }: PlanStep, before: PlanStep | undefined): string {
  switch (kind) {
    case 'add-learner':
      return `add ${member} as a learner`;
    case 'promote':
      return `promote ${member} to a voter`;
    case 'remove': {
      const instead = before?.kind === 'promote' ? `: ${before.member} takes its place` : '';
      return `remove ${member} from etcd${instead}`;
    }
  }
}

/** The steps of a change of members, and the machines that they need; shown before the operator accepts it. */
export function membershipPlan(
  { name }: Pick<ClusterSpec, 'name'>,
  { voters, votersAfter, steps, toJoin }: MembershipPlan,
): string {
  const count = steps.length === 1 ? '1 step' : `${steps.length} steps`;
  return [
    `The cluster ${name} goes from ${voters} to ${votersAfter} voters in ${count}:`,
    ...steps.map((step, index) => `  ${index + 1}. ${stepInWords(step, steps[index - 1])}`),
    ...(toJoin.length === 0 ? [] : [`No machine has joined yet as ${toJoin.join(', ')}.`]),
  ].join('\n');
}

/** What becomes of the nodes of removed members. */
export function leavingNext({ name }: Pick<ClusterSpec, 'name'>, { steps }: MembershipPlan): readonly string[] {
  if (steps.every(({ kind }) => kind !== 'remove')) return [];
  return [
    'The agent of each removed member stops its etcd. Its data stays on its disk, and is never used again.',
    'Its certificates for etcd stay valid until they expire: Picket cannot revoke them yet.',
    `Leave the machines on until \`picket events ${name}\` shows that they are removed.`,
  ];
}

/** What the operator does next for the members that no machine has joined as. */
export function joinNext({ name }: Pick<ClusterSpec, 'name'>, { toJoin }: MembershipPlan): readonly string[] {
  const [only] = toJoin;
  const watch = `To watch the steps: \`picket status ${name} --watch\`.`;
  if (only === undefined) return [watch];
  const line =
    toJoin.length === 1
      ? `Next, run \`picket token create ${name} --member ${only}\`, and paste the install command that it prints on the new host.`
      : `Next, run \`picket token create ${name} --uses ${toJoin.length}\`, and paste the install command that it prints on each new host.`;
  return [line, watch];
}
