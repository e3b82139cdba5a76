import type { Command } from 'commander';
import { clusterArgument } from '../arguments.ts';
import { isNamed, type Naming } from '../confirm.ts';
import { abandonedByReset, resetDone } from '../render/reset.ts';
import type { Shell } from '../shell.ts';

/** `picket cluster reset NAME`: asks for the name again, since what the founder holds is given up. */
export function resetCommand(cluster: Command, shell: Shell): void {
  cluster
    .command('reset')
    .description('abandon a formation that cannot go on, so that another member may found the cluster')
    .argument('<name>', 'the cluster', clusterArgument)
    .option('--confirm <name>', 'the name of the cluster, in the place of the question; also where it serves')
    .option('--yes', 'do not ask; not enough where the cluster serves')
    .action((name: string, options: Naming) =>
      shell.withCoordinator(async (api) => {
        if (options.yes !== true) shell.note(abandonedByReset(await api.status(name)));
        const question = 'Type the name of the cluster to reset it';
        const named = await isNamed(shell.io, options, { question, name, what: `The cluster ${name}` });
        const view = await api.resetCluster(name, named ? { confirm: name } : {});
        shell.show(view, () => resetDone(view));
      }),
    );
}
