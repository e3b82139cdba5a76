import { failure } from '@picket/shared/errors.ts';
import type { RolloutOrder } from '@picket/shared/protocol/revisions.ts';
import { pausedRelease, resumedRelease } from '../controller/configuration/releases.ts';
import type { ClusterRecord } from '../inventory/inventory.ts';
import { sameConfiguration, wantedConfiguration, withConfiguration } from '../model/configuration-of.ts';

/** A cluster after an operator's word on its rollout. Throws `no_rollout`. */
export function steered(record: ClusterRecord, order: RolloutOrder['order']): ClusterRecord {
  const { spec, progress } = record;
  const { settled, stopped, paused } = progress.configuration;
  const refuse = (reason: string) => failure('no_rollout', { name: spec.name, order, reason });
  const goesOn = { ...record, progress: { ...progress, configuration: resumedRelease(progress.configuration) } };
  switch (order) {
    case 'pause':
      if (paused) throw refuse('it is paused already');
      return { ...record, progress: { ...progress, configuration: pausedRelease(progress.configuration) } };
    case 'resume':
      if (!paused && stopped === null) throw refuse('it is neither paused nor stopped');
      return goesOn;
    case 'abort':
      if (settled === null || sameConfiguration(settled, wantedConfiguration(spec)))
        throw refuse('its members have the settings that are wanted');
      // A revision of its own: what was aborted stays in the history.
      return { ...goesOn, spec: { ...withConfiguration(spec, settled), revision: spec.revision + 1 } };
  }
}
