import { failure } from '@picket/shared/errors.ts';
import type { Command } from 'commander';
import { clusterArgument } from '../arguments.ts';
import { confirmByName } from '../confirm.ts';
import { abandonedByReset, resetDone } from '../render/reset.ts';
import type { Shell } from '../shell.ts';

/** `picket cluster reset NAME`: asks for the name again, since what the founder holds is given up. */
export function resetCommand(cluster: Command, shell: Shell): void {
  cluster
    .command('reset')
    .description('abandon a formation that cannot go on, so that another member may found the cluster')
    .argument('<name>', 'the cluster', clusterArgument)
    .option('--yes', 'do not ask')
    .action((name: string, options: { readonly yes?: true }) =>
      shell.withCoordinator(async (api) => {
        if (options.yes !== true) {
          shell.note(abandonedByReset(await api.status(name)));
          const refuse = (problem: string) => failure('not_confirmed', { name, problem });
          await confirmByName(shell.io, { question: 'Type the name of the cluster to reset it', name, refuse });
        }
        const view = await api.resetCluster(name);
        shell.show(view, () => resetDone(view));
      }),
    );
}
