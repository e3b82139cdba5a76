import { didYouMean } from '@picket/shared/etcd-config/did-you-mean.ts';
import { quote } from '@picket/shared/problems.ts';
import type { ClusterChange } from '@picket/shared/protocol/clusters.ts';
import type { Command } from 'commander';
import { clusterArgument } from '../arguments.ts';
import { plain } from '../render/plain.ts';
import type { Shell } from '../shell.ts';
import { usageError } from '../usage.ts';

/** What a declared cluster may still change, each with how its value is written; the coordinator judges the value. */
const settings: Readonly<Record<string, (value: string) => ClusterChange>> = {
  allowDowntime: (value) => ({ allowDowntime: yesOrNo('allowDowntime', value) }),
  heartbeatIntervalMs: (value) => ({ tuning: { heartbeatIntervalMs: number('heartbeatIntervalMs', value) } }),
  electionTimeoutMs: (value) => ({ tuning: { electionTimeoutMs: number('electionTimeoutMs', value) } }),
  quotaBackendBytes: (value) => ({ tuning: { quotaBackendBytes: number('quotaBackendBytes', value) } }),
  snapshotCount: (value) => ({ tuning: { snapshotCount: number('snapshotCount', value) } }),
  autoCompactionRetention: (value) => ({ tuning: { autoCompactionRetention: value } }),
  snapshotEveryMinutes: (value) => ({ snapshots: { everyMinutes: count('snapshotEveryMinutes', value) } }),
  keepHourly: (value) => ({ snapshots: { keepHourly: count('keepHourly', value) } }),
  keepDaily: (value) => ({ snapshots: { keepDaily: count('keepDaily', value) } }),
  keepWeekly: (value) => ({ snapshots: { keepWeekly: count('keepWeekly', value) } }),
};

/** `picket cluster set NAME KEY=VALUE…`: one revision, made against the one that is there now. */
export function setCommand(cluster: Command, shell: Shell): void {
  cluster
    .command('set')
    .description('change settings of a cluster; what needs a restart is restarted one member at a time')
    .argument('<name>', 'the cluster', clusterArgument)
    .argument('<key=value...>', `the settings: ${Object.keys(settings).join(', ')}`)
    .action((name: string, pairs: readonly string[]) => {
      const change = readChange(pairs);
      return shell.withCoordinator(async (api) => {
        const { spec } = await api.cluster(name);
        const view = await api.changeCluster(name, spec.revision, change);
        shell.show(view, () => `The cluster ${plain(name)} is at revision ${view.spec.revision}.`);
      });
    });
}

/** Throws `usage_invalid` for a pair that names no setting, with what was meant. */
export function readChange(pairs: readonly string[]): ClusterChange {
  let change: ClusterChange = {};
  for (const pair of pairs) {
    const [key = '', value] = pair.split('=', 2);
    const setting = Object.hasOwn(settings, key) ? settings[key] : undefined;
    if (setting === undefined || value === undefined) {
      const near = didYouMean(key, Object.keys(settings));
      const advice = near === undefined ? `known are ${Object.keys(settings).join(', ')}` : `did you mean ${near}?`;
      const problem = setting === undefined ? `no setting is called ${quote(key)}; ${advice}` : `write ${key}=VALUE`;
      throw usageError(problem);
    }
    const added = setting(value);
    change = {
      ...change,
      ...added,
      ...(added.tuning && { tuning: { ...change.tuning, ...added.tuning } }),
      ...(added.snapshots && { snapshots: { ...change.snapshots, ...added.snapshots } }),
    };
  }
  return change;
}

function yesOrNo(key: string, value: string): boolean {
  if (value === 'true' || value === 'false') return value === 'true';
  throw usageError(`${key} ${quote(value)} must be true or false`);
}

/** 0 as well, by which a setting is turned off. */
function count(key: string, value: string): number {
  return value === '0' ? 0 : number(key, value);
}

function number(key: string, value: string): number {
  // The coordinator knows the range of each; this tells a number from a slip.
  if (/^[1-9]\d{0,11}$/.test(value)) return Number(value);
  throw usageError(`${key} ${quote(value)} must be a whole number`);
}
