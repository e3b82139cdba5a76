import { whyFixed } from '@picket/shared/config/fixed-settings.ts';
import { didYouMean } from '@picket/shared/etcd-config/did-you-mean.ts';
import { defaultPorts } from '@picket/shared/etcd-config/member-config.ts';
import { quote } from '@picket/shared/problems.ts';
import type { ClusterChange, ClusterSpec } from '@picket/shared/protocol/clusters.ts';
import type { Command } from 'commander';
import { clusterArgument } from '../arguments.ts';
import type { Shell } from '../shell.ts';
import { usageError } from '../usage.ts';
import { showChange } from './declaration.ts';

/** What a declared cluster may still change, each with how its value is written; the coordinator judges the value. */
const settings: Readonly<Record<string, (value: string, spec: Pick<ClusterSpec, 'ports'>) => ClusterChange>> = {
  allowDowntime: (value) => ({ allowDowntime: yesOrNo('allowDowntime', value) }),
  heartbeatIntervalMs: (value) => ({ tuning: { heartbeatIntervalMs: number('heartbeatIntervalMs', value) } }),
  electionTimeoutMs: (value) => ({ tuning: { electionTimeoutMs: number('electionTimeoutMs', value) } }),
  quotaBackendBytes: (value) => ({ tuning: { quotaBackendBytes: number('quotaBackendBytes', value) } }),
  snapshotCount: (value) => ({ tuning: { snapshotCount: number('snapshotCount', value) } }),
  autoCompactionRetention: (value) => ({ tuning: { autoCompactionRetention: retention(value) } }),
  snapshotEveryMinutes: (value) => ({ snapshots: { everyMinutes: count('snapshotEveryMinutes', value) } }),
  keepHourly: (value) => ({ snapshots: { keepHourly: count('keepHourly', value) } }),
  keepDaily: (value) => ({ snapshots: { keepDaily: count('keepDaily', value) } }),
  keepWeekly: (value) => ({ snapshots: { keepWeekly: count('keepWeekly', value) } }),
  metricsPort: (value, { ports }) => ({ ports: { ...ports, metrics: number('metricsPort', value) } }),
  serviceNames: (value) => ({ serviceNames: listed(value) }),
  vips: (value) => ({ vips: listed(value) }),
  leafLifetimeHours: (value) => ({ leafLifetimeHours: number('leafLifetimeHours', value) }),
};

/** As `cluster diff` and the file of `cluster apply` call them. */
const inTheFile: ReadonlyMap<string, string> = new Map([
  ['tuning.heartbeatIntervalMs', 'heartbeatIntervalMs'],
  ['tuning.electionTimeoutMs', 'electionTimeoutMs'],
  ['tuning.quotaBackendBytes', 'quotaBackendBytes'],
  ['tuning.snapshotCount', 'snapshotCount'],
  ['tuning.autoCompactionRetention', 'autoCompactionRetention'],
  ['snapshots.everyMinutes', 'snapshotEveryMinutes'],
  ['snapshots.keepHourly', 'keepHourly'],
  ['snapshots.keepDaily', 'keepDaily'],
  ['snapshots.keepWeekly', 'keepWeekly'],
  ['ports.metrics', 'metricsPort'],
]);

/** `picket cluster set NAME KEY=VALUE…`: one revision, made against the one that is there now. */
export function setCommand(cluster: Command, shell: Shell): void {
  cluster
    .command('set')
    .description('change settings of a cluster; what needs a restart is restarted one member at a time')
    .argument('<name>', 'the cluster', clusterArgument)
    .argument('<key=value...>', `the settings: ${Object.keys(settings).join(', ')}`)
    .action((name: string, pairs: readonly string[]) => {
      // Before anything is asked: a slip needs no coordinator to be told.
      readChange(pairs, { ports: defaultPorts });
      return shell.withCoordinator(async (api) => {
        const { spec } = await api.cluster(name);
        showChange(shell, spec, await api.changeCluster(name, spec.revision, readChange(pairs, spec)));
      });
    });
}

/** Throws `usage_invalid` for a pair that names no setting, with what was meant. */
function readChange(pairs: readonly string[], spec: Pick<ClusterSpec, 'ports'>): ClusterChange {
  let change: ClusterChange = {};
  const set = new Set<string>();
  for (const pair of pairs) {
    const [written = '', ...rest] = pair.split('=');
    const key = inTheFile.get(written) ?? written;
    const value = rest.length === 0 ? undefined : rest.join('=');
    const setting = Object.hasOwn(settings, key) ? settings[key] : undefined;
    const reason = setting === undefined ? whyFixed(key) : undefined;
    if (reason !== undefined) throw usageError(`${key} cannot be set: ${reason}`);
    if (setting === undefined || value === undefined) {
      const near = didYouMean(key, Object.keys(settings));
      const advice = near === undefined ? `known are ${Object.keys(settings).join(', ')}` : `did you mean ${near}?`;
      const problem = setting === undefined ? `no setting is called ${quote(key)}; ${advice}` : `write ${key}=VALUE`;
      throw usageError(problem);
    }
    if (set.has(key)) throw usageError(`${key} is given twice`);
    set.add(key);
    const added = setting(value, spec);
    change = {
      ...change,
      ...added,
      ...(added.tuning && { tuning: { ...change.tuning, ...added.tuning } }),
      ...(added.snapshots && { snapshots: { ...change.snapshots, ...added.snapshots } }),
    };
  }
  return change;
}

/** What is separated by commas; nothing at all for an empty value. */
function listed(value: string): string[] {
  return value.split(',').filter((part) => part !== '');
}

function retention(value: string): string {
  if (/^(0|[1-9]\d{0,4}[hm])$/.test(value)) return value;
  throw usageError(`autoCompactionRetention ${quote(value)} must be hours or minutes, as 1h or 30m, or 0 for never`);
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
  throw usageError(`${key} ${quote(value)} must be a whole number from 1 on, without a unit`);
}
