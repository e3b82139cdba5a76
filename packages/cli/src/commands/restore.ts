import { readFacts } from '@picket/shared/answered-reads.ts';
import { failure } from '@picket/shared/errors.ts';
import type { Command } from 'commander';
import { clusterArgument, idArgument } from '../arguments.ts';
import { isNamed, type Naming } from '../confirm.ts';
import { freshForMs } from '../render/member-health.ts';
import { givenUpByRestore, readsAnswered, restoreBegun } from '../render/restore.ts';
import type { Shell } from '../shell.ts';

interface RestoreOptions extends Naming {
  readonly snapshot: string;
  readonly force?: true;
}

/** `picket cluster restore NAME --snapshot ID`. First shows what is given up and asks for the name. */
export function restoreCommand(cluster: Command, shell: Shell): void {
  cluster
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
    .option('--yes', 'do not ask; not sufficient if the cluster serves')
    .action((name: string, options: RestoreOptions) =>
      shell.withCoordinator(async (api) => {
        const { snapshot: id, force } = options;
        const snapshot = await api.snapshot(id);
        const status = await api.status(name);
        shell.note(givenUpByRestore(status, snapshot, { now: shell.io.now(), force: force === true }));
        // The coordinator would refuse it too, but only after the question.
        const reads = readsAnswered(status);
        if (force !== true && reads.length > 0)
          throw failure('restore_needs_name', { name, ...readFacts(reads, freshForMs) });
        const question = 'Type the name of the cluster to restore it';
        const named = await isNamed(shell.io, options, { question, name, what: `The cluster ${name}` });
        const restored = await api.restoreCluster(name, {
          snapshot: id,
          ...(force === true ? { force } : {}),
          // Without the question, the operator has not named the cluster.
          ...(force === true && named ? { confirm: name } : {}),
        });
        shell.show(restored, () => restoreBegun(name, restored));
      }),
    );
}
