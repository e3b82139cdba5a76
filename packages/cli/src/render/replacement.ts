import type { ClusterStatusView, ClusterView, MemberView } from '@picket/shared/protocol/clusters.ts';
import { servesAsVoter } from '@picket/shared/protocol/etcd-health.ts';

/** What the replacement of a member gives up, shown before the operator confirms it. */
export function givenUpByReplacement({ cluster, members }: ClusterStatusView, name: string): string {
  const voters = members.filter(({ phase }) => phase === 'voter');
  const others = voters.filter((voter) => voter.name !== name);
  const stay = others.map((voter) => {
    const etcd = voter.status?.etcd ?? null;
    const serves = etcd !== null && servesAsVoter(etcd) ? 'served' : 'did not serve';
    return `  - ${voter.name} (${serves} when it reported last)`;
  });
  const held = members.find((member) => member.name === name);
  const of = held?.memberId == null ? '' : `, ${held.phase} ${held.memberId}`;
  return [
    `A replacement removes ${name}${of} from ${cluster} and gives up its data.`,
    ...(stay.length === 0
      ? ['No other voter is known.']
      : ['These voters continue without it, with their data:', ...stay]),
    `The member then enters again as a learner, with an empty data directory. ${formerData(held)}`,
    '',
  ].join('\n');
}

function formerData(member: MemberView | undefined): string {
  const service = member?.status?.service;
  if (service === undefined) return 'Data that is left on its disk is never used again.';
  if (service.state === 'lost-data' || service.dataGone === true)
    return 'Its node reports that its data is gone: deleted, or on a disk that is not mounted. Picket never uses it again.';
  const words = service.damage ?? service.dataDamage;
  const proof = words === undefined ? '' : `Its etcd cannot use its data: "${words}". `;
  return `${proof}Its former data stays on its disk and is never used again.`;
}

/** What happens now, and what the operator may have to do. */
export function replacementBegun({ spec: { name: cluster } }: ClusterView, name: string): string {
  return [
    `${name} is being replaced. \`picket status ${cluster} --watch\` shows the progress.`,
    'If its agent runs, no action is needed: the member enters again. If the machine does not come back, make sure that it is off, and paste',
    `on another machine the install command that \`picket token create ${cluster} --member ${name}\` prints.`,
  ].join('\n');
}
