import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import type { UpgradeStage } from './upgrade-progress.ts';

/** What a stage does, and why. @param least what etcd's guide asks for, if that is why it is needed */
export function taskOfStage(stage: UpgradeStage, least: string | null): Reason {
  if (stage.kind === 'restart') return reason('stage_restarts');
  return stage.version === null
    ? reason('stage_goes_back', { version: null })
    : reason('stage_installs', { version: stage.version, least });
}

/** How to go back during a stage. @param minor the other minor version that it brings; null if it brings none */
export function wayBackOf(cluster: string, minor: string | null): Reason {
  return minor === null ? reason('back_by_abort', { cluster }) : reason('back_until_last', { cluster, minor });
}
