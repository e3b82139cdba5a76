import type { WithoutMessages } from '@picket/shared/protocol/rendered.ts';
import type { UpgradeView } from '@picket/shared/protocol/upgrades.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import { upgradeMayEnd } from '../controller/upgrade/taken-back.ts';
import type { Situation } from '../model/situation.ts';
import { taskOfStage, wayBackOf } from '../model/upgrade-reasons.ts';
import { minorBelow, minorBrought, stageOf } from '../model/upgrade-stage.ts';

/** The upgrade or downgrade that is under way, for the status; nothing without one. */
export function upgradeIn(situation: Situation): { readonly upgrade?: WithoutMessages<UpgradeView> } {
  const { spec, progress } = situation;
  const { upgrade } = progress;
  const stage = stageOf(progress);
  if (upgrade === null || stage === null) return {};
  const { to, at, stages, leaves, down } = upgrade;
  const version = stage.kind === 'install' ? stage.version : null;
  return {
    upgrade: {
      to,
      ...(down === true ? { down } : {}),
      stage: at + 1,
      stages: stages.length,
      what: leaves === undefined ? taskOfStage(stage) : reason('stage_goes_back', { version }),
      wayBack:
        leaves !== undefined
          ? reason('going_back')
          : upgradeMayEnd(situation)
            ? wayBackOf(spec.name, minorBrought(progress), minorBelow(progress) !== null)
            : reason('back_is_over', { cluster: spec.name }),
    },
  };
}
