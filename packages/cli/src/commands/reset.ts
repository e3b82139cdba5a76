import type { Command } from 'commander';
import { clusterArgument } from '../arguments.ts';
import { confirmUnlessGiven, givesName, type Naming } from '../confirm.ts';
import { abandonedByReset, resetDone } from '../render/reset.ts';
import type { Shell } from '../shell.ts';

/**
 * `picket cluster reset NAME`. If the coordinator would not refuse it, asks for the name again, because a reset gives up
 * the founder’s data.
 */
export function resetCommand(cluster: Command, shell: Shell): void {
  cluster
    .command('reset')
    .description('give up a formation that cannot continue, so that another member can found the cluster')
    .argument('<name>', 'the cluster', clusterArgument)
    .option('--confirm <name>', 'the name of the cluster, instead of the question; required if the cluster serves')
    .option('--yes', 'do not ask; not sufficient if the cluster serves')
    .action((name: string, options: Naming) =>
      shell.withCoordinator(async (api) => {
        const asked = { question: 'Type the name of the cluster to reset it', name, what: `The cluster ${name}` };
        const order = { confirm: givesName(options, asked) ? name : undefined };
        if (options.yes !== true) {
          await api.resetCluster({ name, body: { ...order, dryRun: true } });
          shell.note(abandonedByReset(await api.status({ name })));
        }
        await confirmUnlessGiven(shell.io, options, asked);
        const view = await api.resetCluster({ name, body: order });
        shell.show(view, () => resetDone(view));
      }),
    );
}
