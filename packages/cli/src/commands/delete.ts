import { plainIn } from '@picket/shared/plain.ts';
import type { Command } from 'commander';
import { clusterArgument } from '../arguments.ts';
import { confirmName, givesName, type Naming, withConfirmation } from '../confirm.ts';
import { deletionOrdered, endedByDeletion } from '../render/deletion.ts';
import type { Shell } from '../shell.ts';
import { timeoutOf, type WaitOptions, withWait } from '../waiting/options.ts';
import { afterDeletion } from '../waiting/orders.ts';

interface DeleteOptions extends Naming, WaitOptions {
  readonly withoutSnapshot?: true;
  readonly force?: true;
}

/** `picket cluster delete NAME`. If the coordinator would not refuse it, shows what ends and asks for the name. */
export function deleteCommand(cluster: Command, shell: Shell): void {
  const command = cluster
    .command('delete')
    .description('end a cluster: take a last snapshot, stop every etcd, let the nodes go, free the name')
    .argument('<name>', 'the cluster', clusterArgument)
    .option('--without-snapshot', 'take no last snapshot')
    .option('--force', 'free the name although silent nodes have not confirmed that their etcd is stopped');
  withConfirmation(command, 'the cluster', 'if the cluster was founded');
  withWait(command, 'its name is free').action(
    (name: string, { withoutSnapshot, force, ...options }: DeleteOptions) => {
      const timeout = timeoutOf(options);
      return shell.withCoordinator(async (api) => {
        const asked = { question: 'Type the name of the cluster to delete it', name, what: `The cluster ${name}` };
        const confirm = givesName(options, asked) ? name : undefined;
        const order = { withoutSnapshot, force };
        shell.note(endedByDeletion(plainIn(await api.deleteCluster({ name, body: { ...order, dryRun: true } }))));
        await confirmName(shell.io, options, asked);
        const view = await api.deleteCluster({ name, body: { ...order, confirm } });
        shell.show(view, (ordered) => deletionOrdered(ordered, { isForced: force === true }));
        await afterDeletion({ shell, api, cluster: name, timeout });
      });
    },
  );
}
