import { reason } from '@picket/shared/reasons/reason.ts';
import type { Concern } from '../../model/concern.ts';
import { noCorruption } from '../../model/corruption-progress.ts';
import { maintenanceOrder, newTask } from '../../model/task.ts';
import { corruption } from './corruption.ts';

/** Whose data differs, and the end of the alarm CORRUPT. */
export const corruptionConcern = {
  decide: { corruption },
  apply: {
    'assign-comparison': ({ corruption: part }, { members, revision }, { now, fresh }) => ({
      corruption: {
        ...part,
        since: part.since ?? now,
        comparing: { id: fresh.id, issuedAt: now, revision, members },
      },
    }),
    'record-comparison': ({ corruption: part, members }, { kind: _kind, ...comparison }, { now }) => {
      const named = comparison.differing.flatMap((member) => members[member]?.memberId ?? []);
      return {
        corruption: {
          ...part,
          comparing: null,
          found: { ...comparison, at: now },
          undecided: comparison.finding === 'undecided' ? part.undecided + 1 : 0,
          named: [...new Set([...part.named, ...named])],
        },
      };
    },
    'assign-disarming': ({ corruption: part }, { executor }, moment) => ({
      corruption: { ...part, disarming: newTask(executor, moment) },
    }),
    'withdraw-disarming': ({ corruption: part }, _step, { now }) => ({
      corruption: {
        ...part,
        disarming: null,
        failure: part.disarming && { executor: part.disarming.executor, at: now },
      },
    }),
    'record-no-corruption': () => ({ corruption: noCorruption }),
  },
  instants: {
    corruption: {
      comparing: { issuedAt: true },
      found: { at: true },
      disarming: { issuedAt: true },
      failure: { at: true },
    },
  },
  orders: ({ corruption: { comparing, disarming } }, member) => {
    if (comparing?.members.includes(member) === true)
      return maintenanceOrder(comparing.id, { kind: 'hash', revision: comparing.revision });
    return disarming?.executor === member ? maintenanceOrder(disarming.id, { kind: 'disarm-corrupt' }) : {};
  },
  busy: ({ progress: { corruption } }) =>
    corruption.comparing !== null || corruption.disarming !== null ? reason('comparison_first') : null,
  onFreeze: ({ corruption: part }) => ({ corruption: { ...part, comparing: null, disarming: null } }),
  onTakeOver: () => ({ corruption: noCorruption }),
  onReset: () => ({ corruption: noCorruption }),
} satisfies Concern<'corruption'>;
