import type { Command } from 'commander';
import { clusterArgument, memberArgument } from '../arguments.ts';
import type { Shell } from '../shell.ts';
import { timeoutOf, type WaitOptions, withWait } from '../waiting/options.ts';
import { afterMemberOrder, afterRelease, type Ends, newestEvent } from '../waiting/orders.ts';

interface Order {
  readonly call: 'restartMember' | 'releaseMember' | 'moveLeader' | 'keepMember';
  readonly description: string;
  readonly done: (cluster: string, name: string) => string;
  /** What `--wait` waits for; left out where there is nothing to wait for. */
  readonly until?: string;
  /** Left out where no event ends what `--wait` waits for. */
  readonly ends?: Ends;
}

const orders = {
  restart: {
    call: 'restartMember',
    description: 'restart the etcd of a member; the leader hands over first',
    until: 'it serves again',
    // A permit that is withdrawn is still closed later.
    ends: { kinds: ['close-permit'], good: 'confirmed', called: 'the restart of' },
    done: (cluster, name) =>
      `${name} has the permit to restart its etcd. \`picket status ${cluster} --watch\` shows the progress.`,
  },
  release: {
    call: 'releaseMember',
    description: 'end the hold of a member',
    until: 'it serves',
    done: (cluster, name) =>
      `The hold of ${name} ends once it serves. \`picket status ${cluster} --watch\` shows the progress.`,
  },
  'move-leader': {
    call: 'moveLeader',
    description: 'hand the leadership over to a member',
    until: 'it leads',
    ends: { kinds: ['record-handover'], good: 'done', called: 'the handover to' },
    done: (cluster, name) =>
      `The leader of ${cluster} is asked to hand over to ${name}. \`picket events ${cluster}\` shows whether it did.`,
  },
  keep: {
    call: 'keepMember',
    description: 'take the replacement of a member back, before its removal has begun',
    done: (cluster, name) => `${name} stays a member of ${cluster} with its data.`,
  },
} as const satisfies Record<string, Order>;

/** `picket member restart`, `release`, `move-leader` and `keep`, each with CLUSTER MEMBER: orders that give nothing up. */
export function memberOrderCommands(member: Command, shell: Shell): void {
  for (const [order, { call, description, done, until, ends }] of Object.entries(orders) as [string, Order][]) {
    const command = member
      .command(order)
      .description(description)
      .argument('<cluster>', 'the cluster', clusterArgument)
      .argument('<member>', 'the member', memberArgument);
    if (until !== undefined) withWait(command, until);
    command.action((cluster: string, name: string, options: WaitOptions) => {
      const timeout = timeoutOf(options);
      return shell.withCoordinator(async (api) => {
        const newest = timeout === null ? 0 : await newestEvent(api, cluster);
        const view = await api[call]({ name: cluster, member: name });
        shell.show(view, () => done(cluster, name));
        const waiting = { shell, api, cluster, timeout };
        if (ends !== undefined) await afterMemberOrder(waiting, ends, name, newest);
        else if (until !== undefined) await afterRelease(waiting, name);
      });
    });
  }
}
