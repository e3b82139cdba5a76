import { whyFixed } from '@picket/shared/config/fixed-settings.ts';
import { didYouMean } from '@picket/shared/etcd-config/did-you-mean.ts';
import { defaultPorts } from '@picket/shared/etcd-config/member-config.ts';
import { quote } from '@picket/shared/problems.ts';
import { type ClusterChange, ClusterSpec, Tuning } from '@picket/shared/protocol/clusters.ts';
import { Ports } from '@picket/shared/protocol/primitives.ts';
import { SnapshotPolicy } from '@picket/shared/protocol/snapshots.ts';
import type { Command } from 'commander';
import { clusterArgument, domainArgument, etcdArgument, several, vipArgument, wholeNumber } from '../arguments.ts';
import { onCluster } from '../only-cluster.ts';
import { reads } from '../reads.ts';
import type { Shell } from '../shell.ts';
import { usageError } from '../usage.ts';
import { timeoutOf, type WaitOptions, withWait } from '../waiting/options.ts';
import { concludeChange } from './declaration.ts';

/** The settings that can still change in a declared cluster. Each reads its value and throws `usage_invalid` for a wrong one. */
const settings: Readonly<Record<string, (value: string, spec: Pick<ClusterSpec, 'ports'>) => ClusterChange>> = {
  allowDowntime: (value) => ({ allowDowntime: yesOrNo('allowDowntime', value) }),
  heartbeatIntervalMs: tuned('heartbeatIntervalMs'),
  electionTimeoutMs: tuned('electionTimeoutMs'),
  quotaBackendBytes: tuned('quotaBackendBytes'),
  snapshotCount: tuned('snapshotCount'),
  autoCompactionRetention: (value) => ({ tuning: { autoCompactionRetention: retention(value) } }),
  snapshotEveryMinutes: kept('everyMinutes', 'snapshotEveryMinutes'),
  keepHourly: kept('keepHourly'),
  keepDaily: kept('keepDaily'),
  keepWeekly: kept('keepWeekly'),
  rehearseEveryHours: kept('rehearseEveryHours'),
  metricsPort: (value, { ports }) => ({
    ports: { ...ports, metrics: number('metricsPort', Ports.properties.metrics, value) },
  }),
  etcdMetrics: (value) => {
    if (value !== 'loopback' && value !== 'address')
      throw usageError(`etcdMetrics ${quote(value)} must be loopback or address`);
    return { etcdMetrics: value };
  },
  etcd: (value) => ({ etcd: etcdArgument('etcd')(value) }),
  serviceNames: (value) => ({ serviceNames: listed(value).map(domainArgument('serviceNames')) }),
  vips: (value) => ({ vips: listed(value).map(vipArgument('vips')) }),
  leafLifetimeHours: (value) => ({
    leafLifetimeHours: number('leafLifetimeHours', ClusterSpec.properties.leafLifetimeHours, value),
  }),
};

/** The names of these settings in `cluster diff` and in the file of `cluster apply`. */
const inTheFile: ReadonlyMap<string, string> = new Map([
  ...Object.keys(Tuning.properties).map((key) => [`tuning.${key}`, key] as const),
  ...Object.keys(SnapshotPolicy.properties).map((key) => [`snapshots.${key}`, key] as const),
  ['snapshots.everyMinutes', 'snapshotEveryMinutes'],
  ['ports.metrics', 'metricsPort'],
]);

/** `picket cluster set [CLUSTER] KEY=VALUE…`. Makes one revision, against the present one. */
export function setCommand(cluster: Command, shell: Shell): void {
  const starts = Object.keys(settings).map((key) => `${key}=`);
  const command = cluster
    .command('set')
    .description('change settings of a cluster; if they need a restart, the members restart one after another')
    .argument(
      '[cluster]',
      'the cluster; may be left out if there is only one',
      reads({ names: ['cluster'], words: starts }, String),
    )
    .argument(
      '[setting...]',
      `the settings, as KEY=VALUE: ${Object.keys(settings).join(', ')}`,
      several(reads({ words: starts }, String)),
    );
  withWait(command, 'all members have the new settings').action(
    (first: string | undefined, rest: readonly string[], options: WaitOptions) => {
      const timeout = timeoutOf(options);
      const { given, pairs } = clusterAndPairs(first, rest);
      // Checked before the first request: a mistake needs no coordinator.
      readChange(pairs, { ports: defaultPorts });
      return onCluster(shell, given, async (api, name) => {
        const { spec } = await api.cluster({ name });
        const view = await api.changeCluster({ name, ifMatch: spec.revision, body: readChange(pairs, spec) });
        await concludeChange({ shell, api, cluster: name, timeout }, spec, { view, isWarned: false });
      });
    },
  );
}

/** The name of a cluster never contains `=`, so the first argument may be a setting. Throws `usage_invalid` without a setting. */
function clusterAndPairs(first: string | undefined, rest: readonly string[]) {
  const isPair = first?.includes('=') === true;
  const pairs = isPair ? [first, ...rest] : rest;
  if (pairs.length === 0) throw usageError('no setting is given; write KEY=VALUE');
  return { given: isPair || first === undefined ? undefined : clusterArgument(first), pairs };
}

/** Throws `usage_invalid` for a pair that names no setting; the error names the setting that was probably meant. */
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

/** The parts between commas; an empty list for an empty value. */
function listed(value: string): string[] {
  return value.split(',').filter((part) => part !== '');
}

function retention(value: string): string {
  if (/^(0|[1-9]\d{0,4}[hm])$/.test(value)) return value;
  throw usageError(
    `autoCompactionRetention ${quote(value)} must be hours or minutes, such as 1h or 30m, or 0 for never`,
  );
}

function yesOrNo(key: string, value: string): boolean {
  if (value === 'true' || value === 'false') return value === 'true';
  throw usageError(`${key} ${quote(value)} must be true or false`);
}

type CountedTuning = Exclude<keyof Tuning, 'autoCompactionRetention'>;

function tuned(key: CountedTuning): (value: string) => ClusterChange {
  return (value) => ({ tuning: { [key]: number(key, Tuning.properties[key], value) } });
}

/** @param name the setting’s name for operators, where the field has another */
function kept(field: keyof SnapshotPolicy, name: string = field): (value: string) => ClusterChange {
  return (value) => ({ snapshots: { [field]: number(name, SnapshotPolicy.properties[field], value) } });
}

interface Range {
  readonly minimum?: number;
  readonly maximum?: number;
}

/** The protocol’s own limits, so that the operator reads of the setting and not of a field of the API. */
function number(key: string, schema: object, value: string): number {
  const { minimum = 0, maximum = Number.MAX_SAFE_INTEGER }: Range = schema;
  return wholeNumber(key, minimum, maximum)(value);
}
