import { plainIn } from '@picket/shared/plain.ts';
import type { UpgradeRequest } from '@picket/shared/protocol/upgrades.ts';
import { targetInWords } from '@picket/shared/reasons/target-in-words.ts';
import { type Command, Option } from 'commander';
import { downgradeTarget, upgradeTarget } from '../arguments.ts';
import { confirmName, givesName, type Naming, withConfirmation } from '../confirm.ts';
import { clusterCommand } from '../only-cluster.ts';
import { renderUpgradePlan } from '../render/upgrade.ts';
import type { Shell } from '../shell.ts';
import { usageError } from '../usage.ts';
import { timeoutOf, type WaitOptions, withWait } from '../waiting/options.ts';
import { afterUpgrade } from '../waiting/orders.ts';

interface UpgradeOptions extends Naming, WaitOptions {
  readonly to?: string;
  readonly pause?: false;
  readonly pauseAfter?: 'first';
  readonly dryRun?: true;
}

/** What `upgrade` and `downgrade` differ in. */
interface Way {
  readonly name: 'upgrade' | 'downgrade';
  readonly plan: 'upgradePlan' | 'downgradePlan';
  readonly order: 'upgradeCluster' | 'downgradeCluster';
  readonly target: (text: string) => string;
  /** The help of `--to`. */
  readonly to: string;
  /** The help of `--no-pause`. Without it, it waits nowhere in any case. */
  readonly noPause?: string;
}

/** `picket cluster upgrade`: to another version of etcd, also to the next minor version. */
export function upgradeCommand(cluster: Command, shell: Shell): void {
  const command = cluster
    .command('upgrade')
    .description('show how a cluster gets to another version of etcd, and bring it there while it serves');
  changesVersion(command, shell, {
    ...{ name: 'upgrade', plan: 'upgradePlan', order: 'upgradeCluster', target: upgradeTarget('--to') },
    to: 'required: a release of the release store, such as 3.6.14, or the packages of the machines: package:3.6',
    noPause: 'do not wait before the last member; until it changes, every member can go back by `picket rollout abort`',
  });
}

/** `picket cluster downgrade`: to an earlier version of etcd, through etcd's own downgrade. */
export function downgradeCommand(cluster: Command, shell: Shell): void {
  const command = cluster
    .command('downgrade')
    .description('show how a cluster goes back to an earlier version of etcd, and bring it there while it serves');
  changesVersion(command, shell, {
    ...{ name: 'downgrade', plan: 'downgradePlan', order: 'downgradeCluster', target: downgradeTarget('--to') },
    to: 'required: a release of the release store, such as 3.5.33',
  });
}

function changesVersion(command: Command, shell: Shell, way: Way): void {
  command
    .option('--to <version>', way.to, way.target)
    .addOption(
      new Option('--pause-after <member>', 'also wait for `picket rollout resume` after this member').choices([
        'first',
      ]),
    );
  if (way.noPause !== undefined) command.option('--no-pause', way.noPause);
  command.option('--dry-run', 'only show the plan, and what is in its way');
  withConfirmation(command, 'the cluster');
  withWait(command, `every member runs that version, or the ${way.name} waits for you`);
  clusterCommand(command, shell, async (api, name, { to, pause, pauseAfter, dryRun, ...options }: UpgradeOptions) => {
    if (to === undefined) throw usageError('--to VERSION is missing');
    const timeout = timeoutOf(options);
    const asked = { question: 'Type the name of the cluster to begin', name, what: `The cluster ${name}` };
    givesName(options, asked);
    const plan = await api[way.plan]({ name, query: { to } });
    if (dryRun === true) {
      shell.show(plan, renderUpgradePlan);
      return;
    }
    shell.note(renderUpgradePlan(plainIn(plan)));
    const [obstacle] = plan.obstacles;
    if (obstacle === undefined) await confirmName(shell.io, options, asked);
    const pauses: UpgradeRequest['pauses'] = [
      ...(pauseAfter === 'first' ? (['after-first'] as const) : []),
      ...(way.noPause === undefined || pause === false ? [] : (['before-last'] as const)),
    ];
    const view = await api[way.order]({ name, ifMatch: plan.revision, body: { to, pauses } });
    shell.show(
      view,
      ({ spec }) =>
        `The ${way.name} of ${name} to etcd ${targetInWords(to)} has begun, as revision ${spec.revision}: \`picket status ${name} --watch\` shows the progress.`,
    );
    await afterUpgrade(
      { shell, api, cluster: name, timeout },
      `the ${way.name} of ${name} to etcd ${targetInWords(to)}`,
      to,
    );
  });
}
