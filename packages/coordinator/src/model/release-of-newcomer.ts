import { type ClusterSpec, releaseIn } from '@picket/shared/protocol/clusters.ts';
import type { ClusterProgress } from './progress.ts';

/**
 * The release that a machine which joins now runs first; null: the package of its system. During an upgrade that is not what the spec
 * names: a newcomer gets what all members had before the present stage, or gets with it (R17). Pure.
 */
export function releaseOfNewcomer(
  spec: Pick<ClusterSpec, 'etcd'>,
  { upgrade, configuration }: Pick<ClusterProgress, 'upgrade' | 'configuration'>,
): string | null {
  const declared = releaseIn(spec);
  if (upgrade === null || declared !== null) return declared;
  const stage = upgrade.stages[upgrade.at];
  return configuration.settled?.etcd?.version ?? (stage?.kind === 'install' ? stage.version : null);
}
