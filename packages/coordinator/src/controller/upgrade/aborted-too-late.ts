import type { ConfigurationProgress } from '../../model/configuration-progress.ts';
import type { Upgrade } from '../../model/upgrade-progress.ts';

interface Parts {
  readonly configuration: ConfigurationProgress;
  readonly upgrade: Upgrade;
}

/**
 * After an abort, etcd has raised its cluster version all the same. Every member keeps the release that the stage has brought: an earlier
 * etcd would refuse its data. An operator decides what is wanted.
 */
export function abortedTooLate({ configuration, upgrade }: Parts): Parts {
  const { leaves: _back, left, ...rest } = upgrade;
  const paused = { ...configuration, paused: true };
  // They run what was started without an order.
  if (left === undefined) return { configuration: paused, upgrade };
  const given = Object.entries(configuration.rolledOut).filter(([, { etcd }]) => etcd?.version === left);
  return {
    configuration: { ...paused, rolledOut: Object.fromEntries(given), trial: null },
    upgrade: { ...rest, to: left },
  };
}
