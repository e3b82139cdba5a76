import { failure } from '@picket/shared/errors.ts';
import type { NodeView } from '@picket/shared/protocol/nodes.ts';
import type { Command } from 'commander';
import type { Api } from '../api.ts';
import { idArgument } from '../arguments.ts';
import { confirmByName } from '../confirm.ts';
import { calledLost, evicted, givenUpAsLost } from '../render/eviction.ts';
import type { Shell } from '../shell.ts';

interface EvictOptions {
  readonly lost?: true;
  readonly yes?: true;
}

/**
 * `picket node evict ID`. With `--lost`, and if the coordinator would not refuse it, it first shows what is given up and
 * asks for the name.
 */
export function evictCommand(node: Command, shell: Shell): void {
  node
    .command('evict')
    .description(
      'evict a client, or a node whose member is not in etcd; with --lost also the node of a member, if its machine or disk is lost',
    )
    .argument('<id>', 'the node', idArgument('node'))
    .option('--lost', 'the machine or its disk is lost; this also retires the data of its member')
    .option('--yes', 'do not ask')
    .action((id: string, { lost, yes }: EvictOptions) =>
      shell.withCoordinator(async (api) => {
        if (lost !== true) {
          await api.evictNode(id, {});
          shell.show({ id }, () => evicted(id));
          return;
        }
        await api.evictNode(id, { lost: true, dryRun: true });
        const found = await nodeOf(api, id);
        const name = found.member ?? found.client ?? id;
        shell.note(givenUpAsLost(found));
        const question = 'Type the name of the node to evict it as lost';
        if (yes !== true) await confirmByName(shell.io, { question, name, what: `The node ${id} (${name})` });
        await api.evictNode(id, { lost: true });
        shell.show({ id }, () => calledLost(found));
      }),
    );
}

/** Throws `not_found`. */
async function nodeOf(api: Api, id: string): Promise<NodeView> {
  const { items } = await api.list('nodes', {});
  const found = items.find((node) => node.id === id);
  if (found === undefined) throw failure('not_found', { what: 'node', name: id });
  return found;
}
