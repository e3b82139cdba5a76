import type { ClusterSpec } from '@picket/shared/protocol/clusters.ts';
import type { Configuration } from './configuration-progress.ts';
import type { ClusterProgress } from './progress.ts';

/** The settings of the spec for every member. */
export function wantedConfiguration({ revision, tuning, ports, etcdMetrics }: ClusterSpec): Configuration {
  return { revision, tuning, metricsPort: ports.metrics, ...(etcdMetrics === 'address' ? { etcdMetrics } : {}) };
}

/**
 * The settings in this member's conf.yml: those released to it, else those that all have (R6). A founder that has not
 * started yet gets those of the spec: it may be unable to run, and has nothing to go back to.
 */
export function configurationOf(spec: ClusterSpec, progress: ClusterProgress, member: string): Configuration {
  const { rolledOut, settled } = progress.configuration;
  return rolledOut[member] ?? settled ?? wantedConfiguration(spec);
}

/** The spec with these settings instead of its own. */
export function withConfiguration(
  { etcdMetrics: _own, ...spec }: ClusterSpec,
  { tuning, metricsPort, etcdMetrics }: Configuration,
): ClusterSpec {
  const ports = { ...spec.ports, metrics: metricsPort };
  return { ...spec, tuning, ports, ...(etcdMetrics === undefined ? {} : { etcdMetrics }) };
}

/** True if they make the same conf.yml; the revisions in which they were first wanted do not matter. */
export function sameConfiguration(one: Configuration, other: Configuration): boolean {
  const sameMetrics = one.metricsPort === other.metricsPort && one.etcdMetrics === other.etcdMetrics;
  return sameMetrics && sameTuning(one.tuning, other.tuning);
}

function sameTuning(one: Configuration['tuning'], other: Configuration['tuning']): boolean {
  const keys = [...Object.keys(one), ...Object.keys(other)] as (keyof Configuration['tuning'])[];
  return keys.every((key) => one[key] === other[key]);
}
