import type { ClusterSpec } from '@picket/shared/protocol/clusters.ts';
import type { Configuration } from './configuration-progress.ts';
import type { ClusterProgress } from './progress.ts';

/** What the spec wants of every member. */
export function wantedConfiguration({ revision, tuning, ports }: ClusterSpec): Configuration {
  return { revision, tuning, metricsPort: ports.metrics };
}

/**
 * What this member's conf.yml is made of: what was released to it, else what all have (R6). A founder that has not come up
 * yet has what the spec wants: it may be unable to, and has nothing to go back to.
 */
export function configurationOf(spec: ClusterSpec, progress: ClusterProgress, member: string): Configuration {
  const { released, settled } = progress.configuration;
  return released[member] ?? settled ?? wantedConfiguration(spec);
}

/** The spec with these settings in the place of its own. */
export function withConfiguration(spec: ClusterSpec, { tuning, metricsPort }: Configuration): ClusterSpec {
  return { ...spec, tuning, ports: { ...spec.ports, metrics: metricsPort } };
}

/** Whether they make the same conf.yml; that they were first wanted in different revisions is no difference. */
export function sameConfiguration(one: Configuration, other: Configuration): boolean {
  return one.metricsPort === other.metricsPort && sameTuning(one.tuning, other.tuning);
}

function sameTuning(one: Configuration['tuning'], other: Configuration['tuning']): boolean {
  const keys = [...Object.keys(one), ...Object.keys(other)] as (keyof Configuration['tuning'])[];
  return keys.every((key) => one[key] === other[key]);
}
