import { inClusterOf } from '../../model/configuration-of.ts';
import type { ConfigurationProgress } from '../../model/configuration-progress.ts';
import { mapped } from '../../model/mapped.ts';
import type { UpgradeStage } from '../../model/upgrade-progress.ts';
import { abortedTooLate, type StageParts } from './aborted-too-late.ts';

/** The cluster runs this minor version from now on, with the etcd that this stage has brought. */
export function afterRise(
  minor: string,
  stage: UpgradeStage,
  { configuration: before, upgrade: present }: StageParts,
): StageParts {
  const parts = { configuration: settledBy(stage, before), upgrade: present };
  const { configuration, upgrade } = present.leaves === undefined ? parts : abortedTooLate(parts);
  const { settled, rolledOut, stopped } = configuration;
  return {
    configuration: {
      ...configuration,
      settled: settled && inClusterOf(minor, settled),
      rolledOut: mapped(rolledOut, (one) => inClusterOf(minor, one)),
      stopped: stopped && { ...stopped, configuration: inClusterOf(minor, stopped.configuration) },
    },
    upgrade,
  };
}

/** All have the etcd that this stage has brought, even if the rollout of it is not known here. */
function settledBy(stage: UpgradeStage, configuration: ConfigurationProgress): ConfigurationProgress {
  const { settled } = configuration;
  if (stage.kind !== 'install' || settled === null) return configuration;
  const { version, packageMinor } = stage;
  const { etcd: _former, packageMinor: _other, ...settings } = settled;
  if (version !== null) return { ...configuration, settled: { ...settings, etcd: { version } } };
  return packageMinor === undefined ? configuration : { ...configuration, settled: { ...settings, packageMinor } };
}
