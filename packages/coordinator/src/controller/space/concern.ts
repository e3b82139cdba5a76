import { reason } from '@picket/shared/reasons/reason.ts';
import type { Concern } from '../../model/concern.ts';
import { noMaintenance } from '../../model/maintenance-progress.ts';
import { maintenanceOrder, newTask } from '../../model/task.ts';
import { recoveryCountsFor } from '../../model/waits.ts';
import { failed } from '../defragmentation/maintenance-outcomes.ts';
import { outOfSpace } from './out-of-space.ts';

/** The recovery from NOSPACE. */
export const spaceConcern = {
  decide: { outOfSpace },
  apply: {
    // An earlier failure to close gaps keeps nobody from making room.
    'record-no-space': ({ maintenance }, _step, { now }) => ({
      maintenance: { ...maintenance, failure: null, noSpace: { since: now, compacted: null, defragmented: [] } },
    }),
    'assign-maintenance': ({ maintenance }, { task, executor, revision }, moment) => ({
      maintenance: {
        ...maintenance,
        asked: { ...maintenance.asked, [task]: executor },
        task: { ...newTask(executor, moment), kind: task, revision },
      },
    }),
    'withdraw-maintenance': ({ maintenance }, { reason }, { now }) =>
      maintenance.task === null
        ? {}
        : { maintenance: { ...failed(maintenance, maintenance.task.executor, reason, now, 'task'), task: null } },
    'record-compaction': ({ maintenance }, { revision }, { now }) => {
      const { noSpace } = maintenance;
      const compacted = noSpace && { ...noSpace, compacted: { at: now, revision }, defragmented: [] };
      return { maintenance: { ...maintenance, task: null, failure: null, noSpace: compacted } };
    },
    'record-space': ({ maintenance }, _step, { now }) => {
      const recoveries = [...maintenance.recoveries.filter((at) => now - at < recoveryCountsFor), now];
      return { maintenance: { ...maintenance, task: null, failure: null, noSpace: null, recoveries } };
    },
  },
  instants: {
    maintenance: {
      task: { issuedAt: true },
      noSpace: { since: true, compacted: { at: true } },
      failure: { at: true },
      defragmentedAt: { each: true },
      recoveries: { each: true },
    },
  },
  orders: ({ maintenance: { task } }, member) =>
    task?.executor === member ? maintenanceOrder(task.id, { kind: task.kind }) : {},
  busy: ({ progress: { maintenance } }) =>
    maintenance.noSpace !== null || maintenance.task !== null ? reason('room_first') : null,
  onFreeze: ({ maintenance }) => ({ maintenance: { ...maintenance, task: null } }),
  onTakeOver: () => ({ maintenance: noMaintenance }),
  onReset: () => ({ maintenance: noMaintenance }),
} satisfies Concern<'space'>;
