import type { Command } from 'commander';
import { clusterArgument, limitOption, nodeGiven } from '../arguments.ts';
import { nodeOf } from '../node-of.ts';
import { nodeDetails, nodeTable } from '../render/nodes.ts';
import type { Shell } from '../shell.ts';
import { certificatesCommand } from './certificates.ts';
import { eventsCommand } from './events.ts';
import { evictCommand } from './evict.ts';
import { readoptCommand } from './readopt.ts';

/** `picket node list`, `show`, `evict` and `unfreeze`, `picket certificates`, `picket events`. */
export function listCommands(program: Command, shell: Shell): void {
  const node = program
    .command('node')
    .description('list, show, evict, unfreeze and re-adopt nodes (machines with an agent)');
  node
    .command('list')
    .description('list the nodes that have joined')
    .argument('[cluster]', 'only this cluster', clusterArgument)
    .option('--all', 'list the nodes that were evicted too')
    .option(...limitOption)
    .action((cluster: string | undefined, { all, limit }: { readonly all?: true; readonly limit?: number }) =>
      shell.withCoordinator(async (api) => {
        const page = await api.list('nodes', { cluster, limit, all: all && 'true' });
        shell.show(page, ({ items }) => nodeTable(items, shell.times()));
        shell.noteMore(page, 'nodes');
      }),
    );
  node
    .command('show')
    .description('show a node: whose it is, its last report, and when its identity and certificates end')
    .argument(...nodeGiven)
    .action((given: string) =>
      shell.withCoordinator(async (api) => {
        shell.show(await nodeOf(api, given), (found) => nodeDetails(found, shell.times()));
      }),
    );
  evictCommand(node, shell);
  node
    .command('unfreeze')
    .description('unfreeze a node, after you switched its copy off; it gets certificates again')
    .argument(...nodeGiven)
    .action((given: string) =>
      shell.withCoordinator(async (api) => {
        const { id } = await nodeOf(api, given);
        await api.unfreezeNode({ id });
        shell.show({ id }, (node) => `The node ${node.id} gets certificates again.`);
      }),
    );
  readoptCommand(node, shell);
  certificatesCommand(program, shell);
  eventsCommand(program, shell);
}
