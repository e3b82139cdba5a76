import { isDeepStrictEqual } from 'node:util';
import type { ClusterSpec } from '@picket/shared/protocol/clusters.ts';
import type { ClusterProgress, Configuration } from './model.ts';

/** What the spec wants of every member. */
export function wantedConfiguration({ revision, tuning, ports }: ClusterSpec): Configuration {
  return { revision, tuning, metricsPort: ports.metrics };
}

/** What this member's conf.yml is made of: what was released to it, else what all have, else what the spec wants (R6). */
export function configurationOf(spec: ClusterSpec, progress: ClusterProgress, member: string): Configuration {
  const { released, settled } = progress.configuration;
  return released[member] ?? settled ?? wantedConfiguration(spec);
}

/** Whether they make the same conf.yml; that they were first wanted in different revisions is no difference. */
export function sameConfiguration(one: Configuration, other: Configuration): boolean {
  return one.metricsPort === other.metricsPort && isDeepStrictEqual(one.tuning, other.tuning);
}
