import { type ClusterSpec, releaseIn } from '@picket/shared/protocol/clusters.ts';
import type { NodeStatus } from '@picket/shared/protocol/report.ts';
import { type Changed, changedOf } from '@picket/shared/reasons/changed-settings.ts';
import type { Configuration } from './configuration-progress.ts';
import type { ClusterProgress } from './progress.ts';

/** The settings of the spec for every member. */
export function wantedConfiguration(spec: ClusterSpec): Configuration {
  const { revision, tuning, ports, etcdMetrics } = spec;
  const version = releaseIn(spec);
  return {
    ...{ revision, tuning, metricsPort: ports.metrics },
    ...(etcdMetrics === 'address' ? { etcdMetrics } : {}),
    ...(version === null ? {} : { etcd: { version } }),
  };
}

/**
 * The settings of this member's etcd: those released to it, else those that all have (R6). A founder that has not
 * started yet gets those of the spec: it may be unable to run, and has nothing to go back to.
 */
export function configurationOf(spec: ClusterSpec, progress: ClusterProgress, member: string): Configuration {
  const { rolledOut, settled } = progress.configuration;
  return rolledOut[member] ?? settled ?? wantedConfiguration(spec);
}

/** The spec with these settings instead of its own. */
export function withConfiguration(
  { etcdMetrics: _own, etcd: _source, ...spec }: ClusterSpec,
  { tuning, metricsPort, etcdMetrics, etcd }: Configuration,
): ClusterSpec {
  return {
    ...{ ...spec, tuning, ports: { ...spec.ports, metrics: metricsPort } },
    ...(etcdMetrics === undefined ? {} : { etcdMetrics }),
    ...(etcd === undefined ? {} : { etcd: { source: 'release', version: etcd.version } as const }),
  };
}

/** The tuning in conf.yml. With 1, etcd writes a raft snapshot as soon as it has applied two entries, also after a restart. */
export function tuningIn({ tuning, raftSnapshots }: Configuration): Configuration['tuning'] {
  return raftSnapshots === true ? { ...tuning, snapshotCount: 1 } : tuning;
}

/** True if they make the same conf.yml for the same etcd; the revisions in which they were first wanted do not matter. */
export function sameConfiguration(one: Configuration, other: Configuration): boolean {
  return sameConf(one, other) && sameEtcd(one, other);
}

/** In what a configuration differs from another one. */
export function changedFrom(one: Configuration, other: Configuration): Changed {
  return changedOf({ conf: !sameConf(one, other), binary: !sameEtcd(one, other) });
}

function sameConf(one: Configuration, other: Configuration): boolean {
  const sameMetrics = one.metricsPort === other.metricsPort && one.etcdMetrics === other.etcdMetrics;
  return sameMetrics && sameTuning(one.tuning, other.tuning) && one.raftSnapshots === other.raftSnapshots;
}

function sameEtcd(one: Configuration, other: Configuration): boolean {
  return one.etcd?.version === other.etcd?.version && one.packageMinor === other.packageMinor;
}

/** These settings where the cluster runs this minor version: its package is that of every cluster then. */
export function inClusterOf(minor: string, configuration: Configuration): Configuration {
  const { packageMinor, ...settings } = configuration;
  return packageMinor === minor ? settings : configuration;
}

/**
 * True if the etcd that a node last started is of the release in these settings, or of the package if they name none. An
 * agent that knows no releases starts that of the package.
 */
export function hasStarted(
  status: Pick<NodeStatus, 'service'> | null | undefined,
  { etcd }: Pick<Configuration, 'etcd'>,
): boolean {
  return status?.service.release === etcd?.version;
}

function sameTuning(one: Configuration['tuning'], other: Configuration['tuning']): boolean {
  const keys = [...Object.keys(one), ...Object.keys(other)] as (keyof Configuration['tuning'])[];
  return keys.every((key) => one[key] === other[key]);
}
