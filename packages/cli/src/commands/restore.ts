import type { Command } from 'commander';
import { clusterArgument, idArgument } from '../arguments.ts';
import { confirmUnlessGiven, givesName, type Naming } from '../confirm.ts';
import { givenUpByRestore, restoreBegun } from '../render/restore.ts';
import type { Shell } from '../shell.ts';
import { timeoutOf, type WaitOptions, withWait } from '../waiting/options.ts';
import { afterRestore } from '../waiting/orders.ts';

interface RestoreOptions extends Naming, WaitOptions {
  readonly snapshot: string;
  readonly force?: true;
}

/**
 * `picket cluster restore NAME --snapshot ID`. If the coordinator would not refuse it, shows what is given up and asks
 * for the name.
 */
export function restoreCommand(cluster: Command, shell: Shell): void {
  const command = cluster
    .command('restore')
    .description('replace the data of a cluster with one of its snapshots')
    .argument('<name>', 'the cluster', clusterArgument)
    .requiredOption(
      '--snapshot <id>',
      'the snapshot to restore; `picket snapshot list` shows them',
      idArgument('snapshot'),
    )
    .option('--force', 'restore although a majority of the voters is not known to have lost its data')
    .option(
      '--confirm <name>',
      'the name of the cluster, instead of the question; required with --force if the cluster serves',
    )
    .option('--yes', 'do not ask; not sufficient if the cluster serves');
  withWait(command, 'all members are voters with the data of the snapshot').action(
    (name: string, options: RestoreOptions) => {
      const timeout = timeoutOf(options);
      return shell.withCoordinator(async (api) => {
        const { snapshot, force } = options;
        const asked = { question: 'Type the name of the cluster to restore it', name, what: `The cluster ${name}` };
        const named = givesName(options, asked);
        const order = {
          snapshot,
          ...(force === true ? { force } : {}),
          ...(force === true && named ? { confirm: name } : {}),
        };
        const judged = await api.restoreCluster(name, { ...order, dryRun: true });
        const before = await api.status(name);
        shell.note(givenUpByRestore(before, judged, shell.io.now()));
        await confirmUnlessGiven(shell.io, options, asked);
        const restored = await api.restoreCluster(name, order);
        shell.show(restored, () => restoreBegun(before, restored));
        await afterRestore({ shell, api, cluster: name, timeout }, before.clusterId);
      });
    },
  );
}
