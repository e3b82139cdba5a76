import type { Sent } from '@picket/shared/contract/contract.ts';
import { plain, plainIn } from '@picket/shared/plain.ts';
import type { RestoreRequest } from '@picket/shared/protocol/snapshots.ts';
import type { Command } from 'commander';
import type { Api } from '../api.ts';
import { clusterArgument, snapshotArgument } from '../arguments.ts';
import { confirmName, givesName, type Naming, withConfirmation } from '../confirm.ts';
import { errorForUser } from '../errors.ts';
import { givenUpByRestore, restoreBegun } from '../render/restore.ts';
import type { Shell } from '../shell.ts';
import { timeoutOf, type WaitOptions, withWait } from '../waiting/options.ts';
import { afterRestore } from '../waiting/orders.ts';
import { takenSnapshot } from '../waiting/taken-snapshot.ts';

interface RestoreOptions extends Naming, WaitOptions {
  readonly snapshot: string;
  readonly force?: true;
  readonly withoutSnapshot?: true;
  readonly insteadOf?: string;
}

/**
 * `picket cluster restore NAME --snapshot ID`. If the coordinator would not refuse it, shows what is given up and asks
 * for the name. If etcd serves, takes a last snapshot before that.
 */
export function restoreCommand(cluster: Command, shell: Shell): void {
  const command = cluster
    .command('restore')
    .description('replace the data of a cluster with one of its snapshots')
    .argument('<name>', 'the cluster', clusterArgument)
    .requiredOption('--snapshot <id>', 'the snapshot to restore; `picket snapshot list` shows them', snapshotArgument)
    .option('--force', 'restore although a majority of the voters is not known to have lost its data')
    .option('--without-snapshot', 'take no last snapshot, although the cluster serves')
    .option('--instead-of <id>', 'give up the running restore, from this snapshot, for this one', snapshotArgument);
  withConfirmation(command, 'the cluster', 'if the cluster serves');
  withWait(command, 'all members are voters with the data of the snapshot').action(
    (name: string, options: RestoreOptions) => {
      const timeout = timeoutOf(options);
      return shell.withCoordinator(async (api) => {
        const { snapshot, force, withoutSnapshot, insteadOf } = options;
        const asked = { question: 'Type the name of the cluster to restore it', name, what: `The cluster ${name}` };
        const named = givesName(options, asked);
        const order = {
          snapshot,
          force,
          confirm: force === true && named ? name : undefined,
          insteadOf,
          lastSnapshot: withoutSnapshot === true ? null : undefined,
        };
        const { source, takesLast } = await judgedRestore(api, name, order);
        const before = plainIn(await api.status({ name }));
        const { enabled: authenticationOn } = await api.authenticationState({ name });
        shell.note(givenUpByRestore(before, plainIn(source), { now: shell.io.now(), takesLast, authenticationOn }));
        await confirmName(shell.io, options, asked);
        const last = takesLast ? await takenSnapshot(shell, api, { cluster: name, timeout: undefined }) : null;
        if (last !== null) shell.note(`The last snapshot of ${name} is ${plain(last.id)}.\n`);
        const restored = await api.restoreCluster({
          name,
          body: last === null ? order : { ...order, lastSnapshot: last.id },
        });
        shell.show(restored, (snapshot) => restoreBegun(before, snapshot));
        await afterRestore({ shell, api, cluster: name, timeout }, before.clusterId);
      });
    },
  );
}

/** The snapshot to restore, and whether a last one of the cluster must come first. Throws what the coordinator refuses. */
async function judgedRestore(api: Api, name: string, order: Sent<RestoreRequest>) {
  try {
    return { source: await api.restoreCluster({ name, body: { ...order, dryRun: true } }), takesLast: false };
  } catch (error) {
    if (errorForUser(error, 'picket').code !== 'restore_snapshot_first') throw error;
    return { source: await api.snapshot({ id: order.snapshot }), takesLast: true };
  }
}
