import { failure } from '@picket/shared/errors.ts';
import { happening } from '@picket/shared/events/event.ts';
import type { RolloutOrder } from '@picket/shared/protocol/revisions.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import { pausedRollout, resumedRollout } from '../controller/configuration/rollout.ts';
import { takenBack, upgradeMayEnd } from '../controller/upgrade/taken-back.ts';
import { sameConfiguration, wantedConfiguration, withConfiguration } from '../model/configuration-of.ts';
import type { Situation } from '../model/situation.ts';
import { goingOn } from '../model/upgrade-progress.ts';
import { requireRevision } from './change-spec.ts';
import type { Operation, Outcome } from './operation.ts';
import { requireOrderable } from './require-orderable.ts';

/**
 * An operator's command on the rollout of the newest settings, given against the revision `expected`; null: for the
 * present one. Throws `cluster_frozen`, `revision_conflict`, `no_rollout`, `already_so`.
 */
export function steer(
  order: RolloutOrder['order'],
  { expected, by }: { readonly expected: number | null; readonly by: string },
): Operation {
  return {
    decide(situation) {
      const { spec, progress } = situation;
      requireOrderable({ spec, progress });
      requireRevision(spec, expected ?? spec.revision);
      return {
        ...steered(situation, order),
        by: `${by}, who aborted a rollout`,
        events: [happening('rollout', { by, order })],
        result: undefined,
      };
    },
  };
}

/** Throws `no_rollout`, `already_so`. */
export function steered(
  situation: Situation,
  order: RolloutOrder['order'],
): Pick<Outcome<undefined>, 'spec' | 'progress'> {
  const { spec, progress } = situation;
  const { settled, stopped, paused } = progress.configuration;
  const refuse = (why: Reason) => failure('no_rollout', { cluster: spec.name, order, reason: why });
  const resumed = {
    configuration: resumedRollout(progress.configuration),
    upgrade: progress.upgrade && goingOn(progress.upgrade),
  };
  // One that ends with the packages may begin with them as well: then the spec names what it ends with from the beginning.
  const isUpgrading = progress.upgrade !== null && progress.upgrade.leaves === undefined;
  const goesOn = { progress: { ...progress, ...resumed } };
  switch (order) {
    case 'pause':
      if (paused) throw failure('already_so', { reason: reason('paused_already') });
      return { progress: { ...progress, configuration: pausedRollout(progress.configuration) } };
    case 'resume':
      if (!paused && stopped === null) throw failure('already_so', { reason: reason('neither_paused_nor_stopped') });
      return goesOn;
    case 'abort':
      if (settled === null || (!isUpgrading && sameConfiguration(settled, wantedConfiguration(spec))))
        throw refuse(reason('settings_as_wanted'));
      if (!upgradeMayEnd(situation)) throw refuse(reason('abort_too_late'));
      // A revision of its own: the aborted one stays in the history.
      return {
        progress: { ...goesOn.progress, upgrade: takenBack(progress) },
        spec: { ...withConfiguration(spec, settled), revision: spec.revision + 1 },
      };
  }
}
