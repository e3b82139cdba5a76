import { plain } from '@picket/shared/plain.ts';
import type { RolloutOrder } from '@picket/shared/protocol/revisions.ts';
import type { Command } from 'commander';
import { clusterArgument } from '../arguments.ts';
import type { Shell } from '../shell.ts';

const orders: Readonly<Record<RolloutOrder['order'], { readonly description: string; readonly done: string }>> = {
  pause: {
    description: 'give no further member the new settings; the one under way finishes',
    done: 'no further member gets anything new until `picket rollout resume',
  },
  resume: {
    description: 'go on, and try again what a member could not run with',
    done: 'goes on; see how far it is with `picket status',
  },
  abort: {
    description: 'go back to the settings that all members had last, one member at a time',
    done: 'goes back to the settings that all members had last; see it with `picket status',
  },
};

/** `picket rollout pause|resume|abort NAME`: an operator's word on how new settings reach the members. */
export function rolloutCommands(program: Command, shell: Shell): void {
  const rollout = program.command('rollout').description('pause, resume and abort how new settings reach the members');
  for (const [order, { description, done }] of Object.entries(orders) as [
    RolloutOrder['order'],
    typeof orders.pause,
  ][]) {
    rollout
      .command(order)
      .description(description)
      .argument('<name>', 'the cluster', clusterArgument)
      .action((name: string) =>
        shell.withCoordinator(async (api) => {
          const view =
            order === 'abort'
              ? await api.abortRollout(name, (await api.cluster(name)).spec.revision)
              : await api.steerRollout(name, order);
          shell.show(view, () => `${plain(name)}, revision ${view.spec.revision}: ${done} ${plain(name)}\`.`);
        }),
      );
  }
}
