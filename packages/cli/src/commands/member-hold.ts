import { defaultHold } from '@picket/shared/holds/default-length.ts';
import { checksVoters, notBegun } from '@picket/shared/holds/not-begun.ts';
import { plain } from '@picket/shared/plain.ts';
import type { HoldView } from '@picket/shared/protocol/clusters.ts';
import { type Command, Option } from 'commander';
import type { Api } from '../api.ts';
import { clusterArgument, holdSeconds, memberArgument } from '../arguments.ts';
import { dateTime } from '../render/units.ts';
import type { Shell } from '../shell.ts';

interface HoldOptions {
  readonly for: number;
  readonly reason?: string;
  readonly stop?: true;
}

const askAgainMs = 500;

/** `picket member hold CLUSTER MEMBER`: returns once the machine can be worked on. */
export function memberHoldCommand(member: Command, shell: Shell): void {
  member
    .command('hold')
    .description(
      'hold a member, so that its machine can be rebooted or worked on: the leader hands over, and no other member is disrupted',
    )
    .argument('<cluster>', 'the cluster', clusterArgument)
    .argument('<member>', 'the member', memberArgument)
    .addOption(
      new Option('--for <duration>', 'for how long at most, such as 30m or 2h')
        .argParser(holdSeconds)
        .default(defaultHold.seconds, defaultHold.written),
    )
    .option('--reason <text>', 'why, for the status and the events')
    .option('--stop', 'stop etcd too; otherwise it runs until the machine is rebooted')
    .action((cluster: string, name: string, options: HoldOptions) => {
      const { for: seconds } = options;
      return shell.withCoordinator(async (api) => {
        await api.holdMember(cluster, name, {
          seconds,
          ...(options.reason === undefined ? {} : { reason: options.reason }),
          ...(options.stop === true ? { stop: true } : {}),
        });
        shell.note(checksVoters);
        const view = await held(api, cluster, name, shell);
        shell.show(view, () => holdBegun(view, cluster, name));
      });
    });
}

/** The hold, once the agent of the member has begun it. Throws `hold_not_begun`. */
async function held(api: Api, cluster: string, name: string, { io }: Shell): Promise<HoldView> {
  for (;;) {
    const { members } = await api.status(cluster);
    const hold = members.find((member) => member.name === name)?.hold ?? null;
    if (hold?.state === 'open') return hold;
    if (hold?.state !== 'begins') throw notBegun({ cluster, member: name, place: 'elsewhere' }, hold?.over);
    await io.sleep(askAgainMs);
    io.interrupted.throwIfAborted();
  }
}

function holdBegun({ until, stop }: HoldView, cluster: string, name: string): string {
  const now = stop ? 'Its etcd is stopped.' : 'Its etcd runs until the machine is rebooted.';
  return [
    `${plain(name)} is held until ${dateTime(until)}. ${now} You can work on its machine now, or reboot it.`,
    `The hold ends when the member serves again after a boot, or with: picket member release ${plain(cluster)} ${plain(name)}`,
  ].join('\n');
}
