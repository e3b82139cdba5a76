import { failure } from '@picket/shared/errors.ts';
import type { NodeView } from '@picket/shared/protocol/nodes.ts';
import { type Command, Option } from 'commander';
import type { Api } from '../api.ts';
import { idArgument } from '../arguments.ts';
import { confirmByName } from '../confirm.ts';
import { calledLost, evicted, givenUpAsLost, shutOut, whatShutsOut } from '../render/eviction.ts';
import type { Shell } from '../shell.ts';

interface EvictOptions {
  readonly lost?: true;
  readonly compromised?: true;
  readonly yes?: true;
}

/**
 * `picket node evict ID`. With `--lost` or `--compromised`, and if the coordinator would not refuse it, it first shows what
 * is given up and asks for the name.
 */
export function evictCommand(node: Command, shell: Shell): void {
  node
    .command('evict')
    .description(
      'evict a client, or a node whose member is not in etcd; with --lost also the node of a member, if its machine or disk is lost; with --compromised any node, if somebody else controls its machine',
    )
    .argument('<id>', 'the node', idArgument('node'))
    .option('--lost', 'the machine or its disk is lost; this also retires the data of its member')
    .addOption(
      new Option(
        '--compromised',
        'somebody else controls the machine, which may be running; its member leaves etcd too',
      ).conflicts('lost'),
    )
    .option('--yes', 'do not ask')
    .action((id: string, { lost, compromised, yes }: EvictOptions) =>
      shell.withCoordinator(async (api) => {
        if (compromised === true) return evictCompromised(api, shell, id, yes);
        if (lost === true) return evictLost(api, shell, id, yes);
        await api.evictNode(id, {});
        shell.show({ id }, () => evicted(id));
      }),
    );
}

async function evictLost(api: Api, shell: Shell, id: string, yes: true | undefined): Promise<void> {
  await api.evictNode(id, { lost: true, dryRun: true });
  const found = await nodeOf(api, id);
  shell.note(givenUpAsLost(found));
  if (yes !== true) await confirm(shell, found, 'Type the name or the ID of the node to evict it as lost');
  await api.evictNode(id, { lost: true });
  shell.show({ id }, () => calledLost(found));
}

async function evictCompromised(api: Api, shell: Shell, id: string, yes: true | undefined): Promise<void> {
  const judged = await api.evictCompromised(id, { dryRun: true });
  const found = await nodeOf(api, id);
  shell.note(whatShutsOut(found, judged));
  if (yes !== true) await confirm(shell, found, 'Type the name or the ID of the node to shut it out');
  const done = await api.evictCompromised(id);
  shell.show({ id, ...done }, () => shutOut(found, done));
}

async function confirm({ io }: Shell, { id, member, client }: NodeView, question: string): Promise<void> {
  const name = member ?? client ?? id;
  await confirmByName(io, { question, name, or: id, what: `The node ${id} (${name})` });
}

/** Throws `not_found`. */
async function nodeOf(api: Api, id: string): Promise<NodeView> {
  const { items } = await api.list('nodes', {});
  const found = items.find((node) => node.id === id);
  if (found === undefined) throw failure('not_found', { what: 'node', name: id });
  return found;
}
