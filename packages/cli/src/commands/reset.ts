import { plainIn } from '@picket/shared/plain.ts';
import type { ClusterStatusView, ClusterView } from '@picket/shared/protocol/clusters.ts';
import type { Command } from 'commander';
import { clusterArgument } from '../arguments.ts';
import { confirmName, givesName, type Naming, withConfirmation } from '../confirm.ts';
import type { Shell } from '../shell.ts';

/**
 * `picket cluster reset NAME`. If the coordinator would not refuse it, asks for the name again, because a reset gives up
 * the founder’s data.
 */
export function resetCommand(cluster: Command, shell: Shell): void {
  const command = cluster
    .command('reset')
    .description('give up a formation that cannot continue, so that another member can found the cluster')
    .argument('<name>', 'the cluster', clusterArgument);
  withConfirmation(command, 'the cluster', 'if the cluster serves').action((name: string, options: Naming) =>
    shell.withCoordinator(async (api) => {
      const asked = { question: 'Type the name of the cluster to reset it', name, what: `The cluster ${name}` };
      const order = { confirm: givesName(options, asked) ? name : undefined };
      await api.resetCluster({ name, body: { ...order, dryRun: true } });
      shell.note(abandonedByReset(plainIn(await api.status({ name }))));
      await confirmName(shell.io, options, asked);
      shell.show(await api.resetCluster({ name, body: order }), resetDone);
    }),
  );
}

/** What a reset gives up, shown before the operator confirms it. */
function abandonedByReset({ cluster: name, clusterId, members }: ClusterStatusView): string {
  const incarnations = members.filter(({ incarnation }) => incarnation !== null);
  const held = incarnations.map(
    (member) => `  - ${member.name} (${member.phase}, incarnation ${member.incarnation ?? ''})`,
  );
  return [
    `A reset gives up the formation of ${name}${clusterId === null ? '' : `, etcd cluster ${clusterId}`}.`,
    ...(held.length === 0 ? ['No member was started yet.'] : ['These members give up their data:', ...held]),
    'The cluster loses all that was written to it. The data directories stay on the disks and are never used again.',
    'The nodes stay joined. The first node that is ready founds the cluster again, with another cluster ID.',
    '',
  ].join('\n');
}

/** The result of a reset. */
function resetDone({ spec: { name } }: ClusterView): string {
  return `The formation of ${name} is given up, and another one starts. \`picket status ${name} --watch\` shows the progress.`;
}
