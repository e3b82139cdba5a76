import { failure } from '@picket/shared/errors.ts';
import type { Command } from 'commander';
import { clusterArgument, idArgument } from '../arguments.ts';
import { confirmByName } from '../confirm.ts';
import { givenUpByRestore, restoreBegun } from '../render/restore.ts';
import type { Shell } from '../shell.ts';

interface RestoreOptions {
  readonly snapshot: string;
  readonly force?: true;
  readonly yes?: true;
}

/** `picket cluster restore NAME --snapshot ID`: shows what is given up and asks for the name, before anything. */
export function restoreCommand(cluster: Command, shell: Shell): void {
  cluster
    .command('restore')
    .description('give up what the cluster holds for one of its snapshots')
    .argument('<name>', 'the cluster', clusterArgument)
    .requiredOption('--snapshot <id>', 'what to restore; `picket snapshot list` shows them', idArgument('snapshot'))
    .option('--force', 'even where the cluster takes writes, or rests since the coordinator was restored')
    .option('--yes', 'do not ask')
    .action((name: string, options: RestoreOptions) =>
      shell.withCoordinator(async (api) => {
        const { snapshot: id, force } = options;
        const snapshot = await api.snapshot(id);
        shell.note(givenUpByRestore(await api.status(name), snapshot, shell.io.now()));
        const refuse = (problem: string) => failure('not_confirmed', { name, problem });
        const question = 'Type the name of the cluster to restore it';
        if (options.yes !== true) await confirmByName(shell.io, { question, name, refuse });
        const restored = await api.restoreCluster(name, { snapshot: id, ...(force === true ? { force } : {}) });
        shell.show(restored, () => restoreBegun(name, restored));
      }),
    );
}
