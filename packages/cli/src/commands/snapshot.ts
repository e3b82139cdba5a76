import { plainIn } from '@picket/shared/plain.ts';
import type { Command } from 'commander';
import { clusterArgument, limitOption, snapshotArgument } from '../arguments.ts';
import { confirmName, type Naming, withConfirmation } from '../confirm.ts';
import { fillNewFile } from '../new-file.ts';
import { clusterCommand } from '../only-cluster.ts';
import { rehearsalDone, removedWithSnapshot, snapshotTable, snapshotTaken } from '../render/snapshots.ts';
import type { Shell } from '../shell.ts';
import { withTimeout } from '../waiting/options.ts';
import { rehearsedSnapshot } from '../waiting/rehearsed-snapshot.ts';
import { takenSnapshot } from '../waiting/taken-snapshot.ts';
import { snapshotImportCommand } from './snapshot-import.ts';

interface TakeOptions {
  readonly withoutQuorum?: boolean;
  readonly timeout?: number;
}

interface RehearseOptions {
  readonly snapshot?: string;
  readonly timeout?: number;
}

/** `picket snapshot take`, `list`, `verify`, `rehearse`, `import`, `download` and `remove`. */
export function snapshotCommands(program: Command, shell: Shell): void {
  const snapshot = program
    .command('snapshot')
    .description('take, list, verify, rehearse, import, download and remove snapshots of clusters');
  const take = withTimeout(
    snapshot.command('take').description('take a snapshot now, and wait until it is checked and stored'),
  ).option(
    '--without-quorum',
    'take it from the voter that has applied most, although no quorum serves; acknowledged writes may be missing',
  );
  clusterCommand(take, shell, async (api, cluster, { withoutQuorum, timeout }: TakeOptions) =>
    shell.show(await takenSnapshot(shell, api, { cluster, timeout, withoutQuorum }), snapshotTaken),
  );
  snapshot
    .command('list')
    .description('list the stored snapshots, the latest last')
    .argument('[cluster]', 'only the snapshots of this cluster', clusterArgument)
    .option(...limitOption)
    .action((cluster: string | undefined, { limit }: { readonly limit?: number }) =>
      shell.withCoordinator(async (api) => {
        const page = await api.list('snapshots', { cluster, limit });
        shell.show(page, ({ items }) => snapshotTable(items.toReversed(), shell.times()));
        shell.noteMore(page, 'snapshots');
      }),
    );
  snapshot
    .command('verify')
    .description('read a stored snapshot completely, and check that it has not changed')
    .argument('<id>', 'the snapshot', snapshotArgument)
    .action((id: string) =>
      shell.withCoordinator(async (api) => {
        const verified = await api.verifySnapshot({ id });
        const by =
          verified.checkedBy === 'etcdutl'
            ? ', and etcdutl can read it'
            : '; only its hash and structure were checked, because no etcdutl was available to read it';
        shell.show(
          verified,
          ({ sha256 }) => `The snapshot ${id} has not changed since it was taken (SHA-256 ${sha256})${by}.`,
        );
      }),
    );
  const rehearse = withTimeout(
    snapshot
      .command('rehearse')
      .description(
        'restore a snapshot into an etcd that runs on the coordinator for this alone, and wait until that has served it',
      ),
  ).option('--snapshot <id>', 'the snapshot (default: the newest one of the cluster)', snapshotArgument);
  clusterCommand(rehearse, shell, async (api, cluster, { snapshot: id, timeout }: RehearseOptions) =>
    shell.show(await rehearsedSnapshot(shell, api, { cluster, snapshot: id, timeout }), rehearsalDone),
  );
  snapshotImportCommand(snapshot, shell);
  snapshot
    .command('download')
    .description('download a snapshot to a file; it contains all data of the cluster, so protect the file')
    .argument('<id>', 'the snapshot', snapshotArgument)
    .argument('<file>', 'the new file; an existing file is not overwritten')
    .action((id: string, file: string) =>
      shell.withCoordinator(async (api) => {
        const view = await api.snapshot({ id });
        await fillNewFile(file, (write) => api.downloadSnapshot(view, write));
        shell.show(
          view,
          ({ sizeBytes, sha256 }) => `${file}: ${sizeBytes} bytes, SHA-256 ${sha256}, the same as on the coordinator.`,
        );
      }),
    );
  const remove = snapshot
    .command('remove')
    .description('remove a snapshot; the data that it holds is lost unless another one holds it')
    .argument('<id>', 'the snapshot', snapshotArgument);
  withConfirmation(remove, 'its cluster').action((id: string, naming: Naming) =>
    shell.withCoordinator(async (api) => {
      const view = await api.snapshot({ id });
      const { cluster: name } = view;
      shell.note(removedWithSnapshot(plainIn(view)));
      const question = 'Type the name of its cluster to remove it';
      await confirmName(shell.io, naming, { question, name, what: `The snapshot ${id}` });
      await api.removeSnapshot({ id });
      shell.show({ id }, () => `The snapshot ${id} is removed.`);
    }),
  );
}
