import type { Command } from 'commander';
import { clusterArgument } from '../arguments.ts';
import { contents, logsOf } from '../bundle/contents.ts';
import { type BundleIndex, makeBundle } from '../bundle/make-bundle.ts';
import { fillNewFile } from '../new-file.ts';
import type { Shell } from '../shell.ts';

/** `picket bundle [CLUSTER]`: one archive for a bug report. */
export function bundleCommand(program: Command, shell: Shell): void {
  program
    .command('bundle')
    .description('collect what a bug report needs in one archive, without secrets: states, events, settings, metrics')
    .argument('[cluster]', 'only this cluster; all clusters if it is left out', clusterArgument)
    .option('-f, --file <file>', 'the new file (default: picket-bundle-TIME.tar.gz in this folder)')
    .option('--logs', 'also the newest lines of the logs of etcd and of the agents; needs the role operator')
    .action((cluster: string | undefined, { file: given, logs }: { readonly file?: string; readonly logs?: true }) =>
      shell.withCoordinator(async (api) => {
        const names =
          cluster === undefined
            ? (await api.list('clusters', {})).items.map(({ spec }) => spec.name)
            : [(await api.cluster({ name: cluster })).spec.name];
        const nodes = logs === true ? (await api.list('nodes', { cluster })).items : [];
        const parts = [...contents(names, cluster === undefined), ...logsOf(nodes)];
        const now = new Date(shell.io.now());
        const folder = `picket-bundle-${now.toISOString().replace(/[-:]|\.\d+/g, '')}`;
        const file = given ?? `${folder}.tar.gz`;
        let index: BundleIndex | null = null;
        await fillNewFile(file, async (write) => {
          index = await makeBundle(api, parts, { folder, now }, write);
        });
        shell.show({ file, ...(index as BundleIndex | null) }, written);
      }),
    );
}

function written({ file, parts = [], missing = [] }: { readonly file: string } & Partial<BundleIndex>): string {
  return [
    `${file} has ${parts.length} files. It contains the names and addresses of your machines, and no keys, tokens or data of etcd.`,
    'Look through it before you send it to anybody.',
    ...missing.map(({ path, why }) => `Missing: ${path}: ${why}`),
  ].join('\n');
}
