import { failure, type PicketError } from '@picket/shared/errors.ts';
import { plainIn } from '@picket/shared/plain.ts';
import type { ClusterSpec, MemberSpec } from '@picket/shared/protocol/clusters.ts';
import type { Command } from 'commander';
import { orAlreadySo } from '../already-so.ts';
import type { Api } from '../api.ts';
import { clusterArgument, memberAddress, memberArgument, several } from '../arguments.ts';
import { confirmName, givesName, type Naming, withConfirmation } from '../confirm.ts';
import { memberList } from '../render/member-table.ts';
import { givenUpByReplacement, replacementBegun } from '../render/replacement.ts';
import type { Shell } from '../shell.ts';
import { statusesOf } from '../statuses-of.ts';
import { usageError } from '../usage.ts';
import { memberIn } from '../waiting/looks.ts';
import { timeoutOf, type WaitOptions, withWait } from '../waiting/options.ts';
import { afterChange, afterReplacement, newestEvent, type Waiting } from '../waiting/orders.ts';
import { type AskedChange, acceptedChange } from './change-members.ts';
import { concludeChange } from './declaration.ts';
import { memberHoldCommand } from './member-hold.ts';
import { memberOrderCommands } from './member-orders.ts';

interface ReplaceOptions extends Naming, WaitOptions {
  readonly force?: true;
}

interface RemoveOptions extends Naming, WaitOptions {
  readonly allowEven?: true;
  readonly force?: true;
}

interface AddOptions extends Naming, WaitOptions {
  readonly address: readonly string[];
  readonly allowEven?: true;
}

/**
 * `picket member add CLUSTER MEMBER… --address ADDRESS…` shows the plan and asks for the name of the cluster. `picket
 * member replace CLUSTER MEMBER` shows what is given up and asks for the name of the member, unless the coordinator would
 * refuse it.
 */
export function memberCommands(program: Command, shell: Shell): void {
  const member = program
    .command('member')
    .description('list, add, remove, replace, hold and restart members of a cluster, and move its leadership');
  member
    .command('list')
    .description('list the members of the clusters, with their roles, health and nodes')
    .argument('[cluster]', 'only this cluster', clusterArgument)
    .action((cluster: string | undefined) =>
      shell.withCoordinator(async (api) => {
        const views = await statusesOf(api, cluster);
        const items = views.flatMap(({ cluster: name, members }) => members.map((one) => ({ cluster: name, ...one })));
        shell.show({ items, next: null }, () => memberList(plainIn(views), shell.paint));
      }),
    );
  const add = member
    .command('add')
    .description('add members to a cluster; each becomes a voter after its machine has joined')
    .argument('<cluster>', 'the cluster', clusterArgument)
    .argument('<member...>', 'the names of the new members')
    .requiredOption(
      '--address <address>',
      'the address of the new member; once for each, in the same order',
      several(memberAddress),
    )
    .option('--allow-even', 'accept an even number of members');
  withConfirmation(add, 'the cluster');
  withWait(add, 'they are voters').action((cluster: string, names: readonly string[], options: AddOptions) => {
    const timeout = timeoutOf(options);
    const added = addedMembers(names, options.address);
    return shell.withCoordinator(async (api) => {
      const { spec } = await api.cluster({ name: cluster });
      const fresh = added.filter((one) => !spec.members.some((member) => isSame(one, member)));
      if (fresh.length === 0) {
        const all = added.map(({ name }) => name).join(', ');
        const why = `${cluster} already has ${all}`;
        return alreadySo({ shell, api, cluster, timeout }, spec, failure('already_so', { reason: why }));
      }
      const members = [...spec.members, ...fresh];
      if (members.length % 2 === 0 && options.allowEven !== true) throw evenCount(spec, fresh, members.length);
      const asked = { spec, revision: spec.revision, change: { members }, naming: options };
      await changed(shell, api, asked, timeout);
    });
  });
  const remove = member
    .command('remove')
    .description('remove members from a cluster; etcd stops on their machines, and these are free')
    .argument('<cluster>', 'the cluster', clusterArgument)
    .argument('<name...>', 'the members', several(memberArgument))
    .option('--allow-even', 'accept an even number of members')
    .option('--force', 'accept that only one member remains');
  withConfirmation(remove, 'the cluster');
  withWait(remove, 'etcd has removed them').action(
    (cluster: string, gone: readonly string[], options: RemoveOptions) => {
      const timeout = timeoutOf(options);
      return shell.withCoordinator(async (api) => {
        const { spec } = await api.cluster({ name: cluster });
        const leaving = await leavingOf(api, spec, gone);
        const [first] = leaving;
        if (first !== undefined && leaving.length === gone.length) {
          const why = failure('member_leaves', { cluster, member: first });
          return alreadySo({ shell, api, cluster, timeout }, spec, why);
        }
        const members = remaining(
          spec,
          gone.filter((name) => !leaving.includes(name)),
        );
        const { length } = members;
        if (length % 2 === 0 && options.allowEven !== true) throw evenLeft(spec, length);
        if (length === 1 && options.force !== true) throw failure('one_not_forced', { cluster });
        const asked = { spec, revision: spec.revision, change: { members }, naming: options };
        await changed(shell, api, asked, timeout);
      });
    },
  );
  const replace = member
    .command('replace')
    .description(
      'remove a member from etcd and retire its data; it enters again with an empty data directory, on its node or another',
    )
    .argument('<cluster>', 'the cluster', clusterArgument)
    .argument('<member>', 'the member', memberArgument)
    .option(
      '--force',
      'replace one of two voters too, so that only one voter remains, and the last member with the former etcd in an upgrade',
    );
  withConfirmation(replace, 'the member');
  withWait(replace, 'it is a voter again').action((cluster: string, name: string, options: ReplaceOptions) => {
    const timeout = timeoutOf(options);
    return shell.withCoordinator(async (api) => {
      const order = { force: options.force };
      const place = { name: cluster, member: name };
      const isWaiting = timeout !== null;
      const asked = { question: 'Type the name of the member to replace it', name, what: `The member ${name}` };
      givesName(options, asked);
      const dryRun = { ...order, dryRun: true };
      const isSo = (await orAlreadySo(shell, isWaiting, api.replaceMember({ ...place, body: dryRun }))) === null;
      if (!isSo) {
        shell.note(givenUpByReplacement(plainIn(await api.status({ name: cluster })), name));
        await confirmName(shell.io, options, asked);
      }
      const before = timeout === null ? undefined : memberIn(await api.status({ name: cluster }), name);
      const newest = timeout === null ? 0 : await newestEvent(api, cluster);
      const view = isSo ? null : await orAlreadySo(shell, isWaiting, api.replaceMember({ ...place, body: order }));
      if (view !== null) shell.show(view, (begun) => replacementBegun(begun, name));
      await afterReplacement({ shell, api, cluster, timeout }, before, newest);
    });
  });
  memberHoldCommand(member, shell);
  memberOrderCommands(member, shell);
}

async function changed(shell: Shell, api: Api, asked: AskedChange, timeout: number | null): Promise<void> {
  const { spec } = asked;
  await concludeChange({ shell, api, cluster: spec.name, timeout }, spec, await acceptedChange(shell, api, asked));
}

/** Throws `usage_invalid`. */
function addedMembers(names: readonly string[], addresses: readonly string[]): MemberSpec[] {
  if (names.length !== addresses.length)
    throw usageError(`give --address once for each member: ${names.length} named, ${addresses.length} given`);
  return names.map((name, index) => ({ name: memberArgument(name), address: addresses[index] ?? '' }));
}

function isSame(one: MemberSpec, other: MemberSpec): boolean {
  return one.name === other.name && one.address === other.address;
}

/** Says that the members are so already, and waits until they are voters or have left if the operator asked for that. */
async function alreadySo(waiting: Waiting, spec: ClusterSpec, why: PicketError): Promise<void> {
  if (waiting.timeout === null) throw why;
  waiting.shell.note(why.message);
  await afterChange(waiting, null, spec);
}

/** Those of these members that are no longer declared, and have not left. */
async function leavingOf(api: Api, { name: cluster, members }: ClusterSpec, gone: readonly string[]) {
  const others = gone.filter((name) => members.every((member) => member.name !== name));
  if (others.length === 0) return [];
  const { items } = await api.list('nodes', { cluster });
  const status = await api.status({ name: cluster });
  return others.filter(
    (name) =>
      items.some(({ member }) => member === name) ||
      status.members.some((one) => one.name === name && one.leaving === true),
  );
}

/** Throws `member_not_declared`, and `usage_invalid` if nobody would remain. */
function remaining({ name: cluster, members }: ClusterSpec, gone: readonly string[]): MemberSpec[] {
  const unknown = gone.find((name) => members.every((one) => one.name !== name));
  const declared = members.map(({ name }) => name).join(', ');
  if (unknown !== undefined) throw failure('member_not_declared', { cluster, member: unknown, declared });
  const left = members.filter(({ name }) => !gone.includes(name));
  if (left.length === 0) throw usageError('at least one member must remain');
  return left;
}

function evenLeft({ name: cluster }: ClusterSpec, count: number): PicketError {
  const pair = `picket member remove ${cluster} MEMBER MEMBER`;
  return failure('even_not_asked', { cluster, count, fewer: count - 1, pair });
}

function evenCount({ name: cluster }: ClusterSpec, added: readonly MemberSpec[], count: number): PicketError {
  const own = added.map(({ name }) => name).join(' ');
  const addresses = added.map(({ address }) => `--address ${address}`).join(' ');
  const pair = `picket member add ${cluster} ${own} MEMBER ${addresses} --address ADDRESS`;
  return failure('even_not_asked', { cluster, count, fewer: count - 1, pair });
}
