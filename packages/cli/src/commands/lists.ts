import { plain } from '@picket/shared/plain.ts';
import type { Page } from '@picket/shared/protocol/page.ts';
import type { Command } from 'commander';
import type { Collections } from '../api.ts';
import { clusterArgument, idArgument, wholeNumber } from '../arguments.ts';
import { eventLines } from '../render/events.ts';
import { nodeTable } from '../render/nodes.ts';
import type { Shell } from '../shell.ts';
import { certificatesCommand } from './certificates.ts';
import { evictCommand } from './evict.ts';
import { readoptCommand } from './readopt.ts';

/** `picket node list`, `evict` and `unfreeze`, `picket certificates`, `picket events`. */
export function listCommands(program: Command, shell: Shell): void {
  const node = program
    .command('node')
    .description('show, evict, unfreeze and readopt nodes, which are machines with an agent');
  listCommand(node, shell, {
    name: 'list',
    what: 'nodes',
    description: 'list the nodes that have joined',
    text: ({ items }) => nodeTable(items, shell.io.now()),
  });
  evictCommand(node, shell);
  node
    .command('unfreeze')
    .description('let a node have certificates again, once the copy of it is switched off')
    .argument('<id>', 'the node', idArgument('node'))
    .action((id: string) =>
      shell.withCoordinator(async (api) => {
        await api.unfreezeNode(id);
        shell.show({ id }, () => `The node ${plain(id)} gets certificates again.`);
      }),
    );
  readoptCommand(node, shell);
  certificatesCommand(program, shell);
  listCommand(program, shell, {
    name: 'events',
    what: 'events',
    description: 'show what has happened, the latest last',
    // The API begins with the latest; on a screen it stands where the eye is.
    text: ({ items }) => eventLines(items.toReversed()),
  });
}

interface ListCommand<Name extends keyof Collections> {
  readonly name: string;
  readonly what: Name;
  readonly description: string;
  readonly text: (page: Page<Collections[Name]>) => string;
}

function listCommand<Name extends keyof Collections>(parent: Command, shell: Shell, list: ListCommand<Name>): void {
  parent
    .command(list.name)
    .description(list.description)
    .argument('[cluster]', 'only those of this cluster', clusterArgument)
    .option('--limit <count>', 'at most so many (default: all)', wholeNumber('--limit', 1, 1_000_000))
    .action((cluster: string | undefined, { limit }: { readonly limit?: number }) =>
      shell.withCoordinator(async (api) => {
        const page = await api.list(list.what, { cluster, limit });
        // A mistyped cluster has no items either: this throws not_found for it.
        if (cluster !== undefined && page.items.length === 0) await api.cluster(cluster);
        shell.show(page, () => list.text(page));
        if (page.next !== null && !shell.json()) shell.note(`There are more ${list.what}; --limit left them out.`);
      }),
    );
}
