import type { WithoutMessages } from '@picket/shared/protocol/rendered.ts';
import type { UpgradeView } from '@picket/shared/protocol/upgrades.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import { upgradeMayEnd } from '../controller/upgrade/taken-back.ts';
import type { Situation } from '../model/situation.ts';
import type { UpgradeStage } from '../model/upgrade-progress.ts';
import { minorBeside, stageOf } from '../model/upgrade-stage.ts';

/** The upgrade that is under way, for the status; nothing without one. */
export function upgradeIn(situation: Situation): { readonly upgrade?: WithoutMessages<UpgradeView> } {
  const { spec, progress } = situation;
  const { upgrade } = progress;
  const stage = stageOf(progress);
  if (upgrade === null || stage === null) return {};
  const { to, at, stages, leaves } = upgrade;
  const version = stage.kind === 'install' ? stage.version : null;
  return {
    upgrade: {
      to,
      stage: at + 1,
      stages: stages.length,
      what: leaves === undefined ? whatIn(stage, null) : reason('stage_goes_back', { version }),
      wayBack:
        leaves !== undefined
          ? reason('going_back')
          : upgradeMayEnd({ spec, progress })
            ? wayBackIn(spec.name, minorBeside(progress))
            : reason('back_is_over', { cluster: spec.name }),
    },
  };
}

/** What a stage does, and why. @param least what etcd's guide asks for, if that is why it is needed */
export function whatIn(stage: UpgradeStage, least: string | null): Reason {
  if (stage.kind === 'restart') return reason('stage_restarts');
  return stage.version === null
    ? reason('stage_goes_back', { version: null })
    : reason('stage_installs', { version: stage.version, least });
}

/** How to go back during a stage. @param minor the other minor version that it brings; null if it brings none */
export function wayBackIn(cluster: string, minor: string | null): Reason {
  return minor === null ? reason('back_by_abort', { cluster }) : reason('back_until_last', { cluster, minor });
}
