import { plain } from '@picket/shared/plain.ts';
import type { ClusterStatusView, ClusterView } from '@picket/shared/protocol/clusters.ts';
import { servesAsVoter } from '@picket/shared/protocol/etcd-health.ts';

/** What the replacement of a member gives up, before it is confirmed. */
export function givenUpByReplacement({ name: cluster, members }: ClusterStatusView, name: string): string {
  const voters = members.filter(({ phase }) => phase === 'voter');
  const others = voters.filter((voter) => voter.name !== name);
  const stay = others.map((voter) => {
    const etcd = voter.status?.etcd ?? null;
    const serves = etcd !== null && servesAsVoter(etcd) ? 'served' : 'did not serve';
    return `  - ${plain(voter.name)} (${serves} when it reported last)`;
  });
  const held = members.find((member) => member.name === name);
  const of = held?.memberId == null ? '' : `, ${plain(held.phase)} ${plain(held.memberId)}`;
  return [
    `A replacement takes ${plain(name)}${of} out of ${plain(cluster)} for good, with what it holds.`,
    ...(stay.length === 0 ? ['No other voter is known.'] : ['These go on without it, by what they hold:', ...stay]),
    'It enters again with an empty data dir, as a learner first. Its former data stays on its disk and is never used again.',
    '',
  ].join('\n');
}

/** What has been set going, and what may be asked of the operator. */
export function replacementBegun({ spec: { name: cluster } }: ClusterView, name: string): string {
  return [
    `${plain(name)} is being replaced. \`picket status ${plain(cluster)} --watch\` shows how.`,
    'Where its agent runs, it enters again by itself. If the machine is lost, switch it off and paste this on another one:',
    `the line of \`picket token create ${plain(cluster)} --member ${plain(name)}\`.`,
  ].join('\n');
}
