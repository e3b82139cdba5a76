import { failure } from '@picket/shared/errors.ts';
import { plain, plainIn } from '@picket/shared/plain.ts';
import type { ReadoptionView } from '@picket/shared/protocol/readoption.ts';
import type { Command } from 'commander';
import { orAlreadySo } from '../already-so.ts';
import { nodeArgument, several } from '../arguments.ts';
import { confirmName, type Naming, withConfirmation } from '../confirm.ts';
import type { Io } from '../io.ts';
import { nodeOf } from '../node-of.ts';
import { readopted, readoptionPreview } from '../render/readoption.ts';
import type { Shell } from '../shell.ts';
import { usageError } from '../usage.ts';

interface ReadoptOptions extends Naming {
  readonly key?: string;
}

/** `picket node readopt NODE…`. Prints what each node has shown and reported, and asks, because a copy shows the same. */
export function readoptCommand(node: Command, shell: Shell): void {
  const command = node
    .command('readopt')
    .description('re-adopt nodes after the coordinator was restored from a backup')
    .argument('<node...>', 'their IDs, or the names of their members or clients', several(nodeArgument()))
    .option(
      '--key <hash>',
      'the key of the right machine, if two machines have shown keys; its first 8 digits suffice',
      keyArgument,
    );
  withConfirmation(command, 'the member or client').action((given: readonly string[], options: ReadoptOptions) =>
    shell.withCoordinator(async (api) => {
      if (options.key !== undefined && given.length > 1)
        throw usageError('--key names the key of one node, but several nodes are given');
      if (options.confirm !== undefined && given.length > 1)
        throw usageError('--confirm is the name of one node, but several nodes are given');
      // All of them before the first question.
      const ids: string[] = [];
      for (const one of given) ids.push((await nodeOf(api, one)).id);
      const answers: ReadoptionView[] = [];
      for (const id of ids) {
        const before = await api.readoption({ id });
        if (!shell.json()) shell.note(readoptionPreview(plainIn(before)));
        const key = chosenKey(before, options.key);
        await confirm(before, options, shell.io);
        const after = await orAlreadySo(shell, ids.length > 1, api.readoptNode({ id, body: { key } }));
        answers.push(after ?? before);
        if (after !== null && !shell.json()) shell.note(readopted(plainIn(after)));
      }
      if (shell.json()) shell.show({ items: answers }, () => '');
    }),
  );
}

function keyArgument(text: string): string {
  if (/^[0-9a-f]{8,64}$/.test(text)) return text;
  throw usageError('--key must be 8 to 64 of the hexadecimal digits that this command shows');
}

function chosenKey({ nodeId, keys, backupAt }: ReadoptionView, wanted: string | undefined): string {
  if (backupAt === null) {
    throw failure('readoption_not_needed', { nodeId, problem: 'this coordinator was not restored from a backup' });
  }
  const [only, ...others] = keys.filter(({ key }) => wanted === undefined || key.startsWith(wanted));
  if (only === undefined) throw failure('key_not_shown', { nodeId, key: wanted ?? 'of its identity' });
  if (others.length === 0) return only.key;
  throw failure('readoption_ambiguous', { nodeId: plain(nodeId), keys: plain(keys.map(({ key }) => key).join(', ')) });
}

function confirm({ nodeId, name }: ReadoptionView, naming: Naming, io: Io): Promise<void> {
  const question = 'If this is the right machine, type the name of the node';
  return confirmName(io, naming, { question, name, what: plain(`The node ${nodeId} (${name})`) });
}
