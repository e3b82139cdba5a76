import { plainIn } from '@picket/shared/plain.ts';
import type { RolloutOrder } from '@picket/shared/protocol/revisions.ts';
import { targetInWords } from '@picket/shared/reasons/target-in-words.ts';
import type { Command } from 'commander';
import { orAlreadySo } from '../already-so.ts';
import { onCluster, withOptionalCluster } from '../only-cluster.ts';
import type { Shell } from '../shell.ts';
import { timeoutOf, type WaitOptions, withWait } from '../waiting/options.ts';
import { afterChange, afterUpgrade } from '../waiting/orders.ts';

const orders: Readonly<Record<RolloutOrder['order'], { readonly description: string; readonly done: string }>> = {
  pause: {
    description: 'stop giving new settings to further members; a restart in progress finishes',
    done: 'no further member gets new settings until you run `picket rollout resume',
  },
  resume: {
    description: 'continue a paused rollout, or retry a stopped one',
    done: 'the rollout continues; to see its progress, run `picket status',
  },
  abort: {
    description: 'return to the last settings that all members had, one member at a time',
    done: 'the cluster returns to the last settings that all members had; to see its progress, run `picket status',
  },
};

/** `picket rollout pause|resume|abort NAME`: pauses, resumes or aborts a rollout. */
export function rolloutCommands(program: Command, shell: Shell): void {
  const rollout = program.command('rollout').description('pause, resume and abort the rollout of new settings');
  for (const [order, { description, done }] of Object.entries(orders) as [
    RolloutOrder['order'],
    typeof orders.pause,
  ][]) {
    const command = withOptionalCluster(rollout.command(order).description(description));
    // A pause waits for nothing.
    if (order !== 'pause') withWait(command, 'all members have the same settings');
    command.action((given: string | undefined, options: WaitOptions) => {
      const timeout = timeoutOf(options);
      return onCluster(shell, given, async (api, name) => {
        const upgrade =
          order === 'resume' && timeout !== null ? plainIn(await api.status({ name })).upgrade : undefined;
        const ifMatch = order === 'abort' ? (await api.cluster({ name })).spec.revision : undefined;
        const ordered = await orAlreadySo(
          shell,
          timeout !== null,
          api.steerRollout({ name, ifMatch, body: { order } }),
        );
        const view = ordered ?? (await api.cluster({ name }));
        if (ordered !== null) shell.show(view, () => `${name}, revision ${view.spec.revision}: ${done} ${name}\`.`);
        const waiting = { shell, api, cluster: name, timeout };
        if (upgrade === undefined) return afterChange(waiting, view.spec, view.spec);
        const way = upgrade.down === true ? 'downgrade' : 'upgrade';
        return afterUpgrade(waiting, `the ${way} of ${name} to etcd ${targetInWords(upgrade.to)}`, upgrade.to);
      });
    });
  }
}
