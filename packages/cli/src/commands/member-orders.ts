import { plain } from '@picket/shared/plain.ts';
import type { Command } from 'commander';
import { clusterArgument, memberArgument } from '../arguments.ts';
import type { Shell } from '../shell.ts';

interface Order {
  readonly description: string;
  readonly done: (cluster: string, name: string) => string;
}

const orders = {
  restart: {
    description: 'restart the etcd of a member; the leader hands over first',
    done: (cluster, name) =>
      `${name} has the permit to restart its etcd. \`picket status ${cluster} --watch\` shows the progress.`,
  },
  release: {
    description: 'end the hold of a member',
    done: (cluster, name) =>
      `The hold of ${name} ends once it serves. \`picket status ${cluster} --watch\` shows the progress.`,
  },
  'move-leader': {
    description: 'hand the leadership over to a member',
    done: (cluster, name) =>
      `The leader of ${cluster} is asked to hand over to ${name}. \`picket events ${cluster}\` shows whether it did.`,
  },
  keep: {
    description: 'take the replacement of a member back, before its removal has begun',
    done: (cluster, name) => `${name} stays a member of ${cluster} with its data.`,
  },
} as const satisfies Record<string, Order>;

/** `picket member restart`, `release`, `move-leader` and `keep`, each with CLUSTER MEMBER: orders that give nothing up. */
export function memberOrderCommands(member: Command, shell: Shell): void {
  for (const [order, { description, done }] of Object.entries(orders) as [keyof typeof orders, Order][]) {
    member
      .command(order)
      .description(description)
      .argument('<cluster>', 'the cluster', clusterArgument)
      .argument('<member>', 'the member', memberArgument)
      .action((cluster: string, name: string) =>
        shell.withCoordinator(async (api) => {
          const view = await api.orderMember(cluster, name, order);
          shell.show(view, () => done(plain(cluster), plain(name)));
        }),
      );
  }
}
