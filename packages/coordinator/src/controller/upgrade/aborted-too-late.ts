import { packagesOf } from '@picket/shared/etcd-target.ts';
import type { ConfigurationProgress } from '../../model/configuration-progress.ts';
import type { Upgrade } from '../../model/upgrade-progress.ts';

/** What the end of a stage changes. */
export interface StageParts {
  readonly configuration: ConfigurationProgress;
  readonly upgrade: Upgrade;
}

/**
 * After an abort, etcd has raised its cluster version all the same. Every member keeps the etcd that the stage has brought: an earlier
 * one would refuse its data. An operator decides what is wanted.
 */
export function abortedTooLate({ configuration, upgrade }: StageParts): StageParts {
  const { leaves, left, ...rest } = upgrade;
  const paused = { ...configuration, paused: true };
  // They run what was started without an order.
  if (leaves === undefined || left === undefined) return { configuration: paused, upgrade };
  const { version, packageMinor } = left;
  const given = Object.entries(configuration.rolledOut).filter(
    ([, one]) => (one.etcd?.version ?? null) === version && one.packageMinor === packageMinor,
  );
  return {
    configuration: { ...paused, rolledOut: Object.fromEntries(given), trial: null },
    upgrade: { ...rest, to: version ?? packagesOf(leaves) },
  };
}
