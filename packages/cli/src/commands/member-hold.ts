import { checksVoters, notBegun } from '@picket/shared/holds/not-begun.ts';
import type { HoldView } from '@picket/shared/protocol/clusters.ts';
import { type Command, Option } from 'commander';
import type { Api } from '../api.ts';
import { clusterArgument, holdReason, holdSeconds, memberArgument } from '../arguments.ts';
import { dateTime } from '../render/units.ts';
import type { Shell } from '../shell.ts';
import { withTimeout } from '../waiting/options.ts';
import { type Look, untilDone } from '../waiting/until-done.ts';

interface HoldOptions {
  readonly for?: number;
  readonly reason?: string;
  readonly stop?: true;
  readonly timeout?: number;
}

/** `picket member hold CLUSTER MEMBER`: returns once the machine can be worked on. Moves the end of a hold in force. */
export function memberHoldCommand(member: Command, shell: Shell): void {
  const command = member
    .command('hold')
    .description(
      'hold a member, so that its machine can be rebooted or worked on: the leader hands over, and no other member is disrupted',
    )
    .argument('<cluster>', 'the cluster', clusterArgument)
    .argument('<member>', 'the member', memberArgument);
  withTimeout(command)
    .addOption(
      new Option(
        '--for <duration>',
        'for how long at most, from now, such as 30m or 2h (default: 30m); needed to change until when a member is held',
      ).argParser(holdSeconds),
    )
    .option('--reason <text>', 'why, for the status and the events', holdReason)
    .option('--stop', 'stop etcd too; otherwise it runs until the machine is rebooted')
    .action((cluster: string, name: string, options: HoldOptions) => {
      const { for: seconds, reason, stop, timeout } = options;
      return shell.withCoordinator(async (api) => {
        await api.holdMember({ name: cluster, member: name, body: { seconds, reason, stop } });
        const goal = `the hold of ${name}`;
        let isNoted = false;
        const look = async () => {
          const seen = await heldLook(api, cluster, name);
          if (seen.state === 'waits' && !isNoted) shell.note(checksVoters);
          isNoted ||= seen.state === 'waits';
          return seen;
        };
        const view = await untilDone(shell, api, { cluster, goal, timeout, isQuiet: true, look });
        shell.show(view, (hold) => holdBegun(hold, cluster, name));
      });
    });
}

/** The hold, once the agent of the member has begun it. */
async function heldLook(api: Api, cluster: string, name: string): Promise<Look<HoldView>> {
  const { members } = await api.status({ name: cluster });
  const hold = members.find((member) => member.name === name)?.hold ?? null;
  if (hold?.state === 'open') return { state: 'done', result: hold };
  if (hold?.state === 'begins')
    return { state: 'waits', text: `the agent of ${name} checks every other voter`, likeness: name };
  return { state: 'failed', error: notBegun({ cluster, member: name, place: 'elsewhere' }, hold?.over) };
}

function holdBegun({ until, stop, changedBy }: HoldView, cluster: string, name: string): string {
  const held = changedBy === undefined ? 'is held' : 'was held already. It is now held';
  const now = stop ? 'Its etcd is stopped.' : 'Its etcd runs until the machine is rebooted.';
  return [
    `${name} ${held} until ${dateTime(until)}. ${now} You can work on its machine now, or reboot it.`,
    `The hold ends when the member serves again after a boot, or with: picket member release ${cluster} ${name}`,
  ].join('\n');
}
