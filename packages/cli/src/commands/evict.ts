import { plainIn } from '@picket/shared/plain.ts';
import type { NodeView } from '@picket/shared/protocol/nodes.ts';
import { type Command, Option } from 'commander';
import type { Api } from '../api.ts';
import { nodeGiven } from '../arguments.ts';
import { type Confirmation, confirmName, givesName, type Naming, withConfirmation } from '../confirm.ts';
import { errorForUser } from '../errors.ts';
import { nodeOf } from '../node-of.ts';
import { calledLost, evicted, evictedAsCompromised, givenUpAsLost, whatEvictionEnds } from '../render/eviction.ts';
import type { Shell } from '../shell.ts';
import { memberIn } from '../waiting/looks.ts';
import { timeoutOf, type WaitOptions, withWait } from '../waiting/options.ts';
import { afterEviction } from '../waiting/orders.ts';

interface EvictOptions extends Naming, WaitOptions {
  readonly lost?: true;
  readonly compromised?: true;
}

/**
 * `picket node evict NODE`, with an ID or a name. With `--lost` or `--compromised`, and if the coordinator would not refuse it, it first shows what
 * is given up and asks for the name.
 */
export function evictCommand(node: Command, shell: Shell): void {
  const command = node
    .command('evict')
    .description(
      'evict a client, or a node whose member is not in etcd; with --lost also the node of a member, if its machine or disk is lost; with --compromised any node, if somebody else controls its machine',
    )
    .argument(...nodeGiven)
    .option('--lost', 'the machine or its disk is lost; this also retires the data of its member')
    .addOption(
      new Option(
        '--compromised',
        'somebody else controls the machine, which may be running; its member leaves etcd too',
      ).conflicts('lost'),
    );
  withConfirmation(command, 'its member or client, or its ID');
  withWait(command, 'its member has left etcd').action(
    (given: string, { lost, compromised, ...options }: EvictOptions) => {
      const timeout = timeoutOf(options);
      return shell.withCoordinator(async (api) => {
        const found = plainIn(await nodeOf(api, given));
        const { id, cluster, member } = found;
        const asked = confirmationOf(found);
        givesName(options, asked);
        const confirmed = () => confirmName(shell.io, options, asked);
        const before =
          timeout === null || member === null ? undefined : memberIn(await api.status({ name: cluster }), member);
        if (compromised === true) await evictCompromised(api, shell, found, confirmed);
        else if (lost === true) await evictLost(api, shell, found, confirmed);
        else {
          await api.evictNode({ id, body: {} });
          shell.show({ id }, evicted);
        }
        await afterEviction({ shell, api, cluster, timeout }, before);
      });
    },
  );
}

async function evictLost(api: Api, shell: Shell, found: NodeView, confirmed: () => Promise<void>): Promise<void> {
  const { id, cluster, member } = found;
  await api.evictNode({ id, body: { lost: true, dryRun: true } });
  shell.note(givenUpAsLost(found));
  await confirmed();
  await api.evictNode({ id, body: { lost: true } });
  // The eviction has succeeded, whatever comes of the question after it.
  const after =
    member === null ? null : await api.status({ name: cluster }).catch((error: unknown) => noStatus(shell, error));
  shell.show({ id }, () => calledLost(found, plainIn(after)));
}

function noStatus(shell: Shell, error: unknown): null {
  const { message } = errorForUser(error, 'picket node evict');
  shell.note(`Warning: the node is evicted, and the status could not be read after that: ${message}`);
  return null;
}

async function evictCompromised(
  api: Api,
  shell: Shell,
  found: NodeView,
  confirmed: () => Promise<void>,
): Promise<void> {
  const { id } = found;
  const judged = await api.evictCompromised(id, { dryRun: true });
  shell.note(whatEvictionEnds(found, plainIn(judged)));
  await confirmed();
  const done = await api.evictCompromised(id);
  shell.show({ id, ...done }, (view) => evictedAsCompromised(found, view));
}

function confirmationOf({ id, member, client }: NodeView): Confirmation {
  const name = member ?? client ?? id;
  return {
    question: 'Type the name or the ID of the node to evict it',
    name,
    or: id,
    what: `The node ${id} (${name})`,
  };
}
