import { failure } from '@picket/shared/errors.ts';
import type { Command } from 'commander';
import { clusterArgument } from '../arguments.ts';
import { readLine } from '../read-input.ts';
import { plain } from '../render/plain.ts';
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
          await confirm(name, shell);
        }
        const view = await api.resetCluster(name);
        shell.show(view, () => resetDone(view));
      }),
    );
}

async function confirm(name: string, { io }: Shell): Promise<void> {
  if (!io.canAsk) throw failure('not_confirmed', { name, problem: 'there is no terminal to ask on' });
  io.stderr.write(`Type the name of the cluster to reset it: `);
  const typed = await readLine(io.stdin);
  if (typed === name) return;
  throw failure('not_confirmed', {
    name,
    problem: typed === '' ? 'nothing was typed' : `"${plain(typed.slice(0, 64))}" is not its name`,
  });
}
