import { type Concern, unchanged } from '../../model/concern.ts';
import { mapped } from '../../model/mapped.ts';
import { noUpkeep } from '../../model/upkeep-progress.ts';
import { leaseSeconds, recoveryCountsFor, upkeepSeconds } from '../../model/waits.ts';
import { failed } from '../defragmentation/upkeep-outcomes.ts';
import { outOfSpace } from './out-of-space.ts';

/** The way out of NOSPACE. */
export const spaceConcern = {
  decide: { outOfSpace },
  apply: {
    // That gaps could not be closed before does not keep anybody from making room.
    'record-no-space': ({ upkeep }, _step, { now }) => ({
      upkeep: { ...upkeep, failure: null, noSpace: { since: now, compacted: null, defragmented: [] } },
    }),
    'assign-upkeep': ({ upkeep }, { task, executor, revision }, { now, fresh }) => ({
      upkeep: {
        ...upkeep,
        asked: { ...upkeep.asked, [task]: executor },
        task: { id: fresh.id, kind: task, executor, issuedAt: now, revision },
      },
    }),
    'withdraw-upkeep': ({ upkeep }, { reason }, { now }) =>
      upkeep.task === null
        ? {}
        : { upkeep: { ...failed(upkeep, upkeep.task.executor, reason, now, 'task'), task: null } },
    'record-compaction': ({ upkeep }, { revision }, { now }) => {
      const { noSpace } = upkeep;
      const compacted = noSpace && { ...noSpace, compacted: { at: now, revision }, defragmented: [] };
      return { upkeep: { ...upkeep, task: null, failure: null, noSpace: compacted } };
    },
    'record-space': ({ upkeep }, _step, { now }) => {
      const recoveries = [...upkeep.recoveries.filter((at) => now - at < recoveryCountsFor), now];
      return { upkeep: { ...upkeep, task: null, failure: null, noSpace: null, recoveries } };
    },
  },
  orders: ({ upkeep: { task } }, member) =>
    task?.executor === member
      ? { upkeep: { id: task.id, kind: task.kind, validForSeconds: leaseSeconds, deadlineSeconds: upkeepSeconds } }
      : {},
  onFreeze: ({ upkeep }) => ({ upkeep: { ...upkeep, task: null } }),
  onClockStep: ({ upkeep: { task, asked, noSpace, failure, defragmentedAt, recoveries } }, shift) => ({
    upkeep: {
      task: task && { ...task, issuedAt: shift(task.issuedAt) },
      asked,
      noSpace: noSpace && {
        ...noSpace,
        since: shift(noSpace.since),
        compacted: noSpace.compacted && { ...noSpace.compacted, at: shift(noSpace.compacted.at) },
      },
      failure: failure && { ...failure, at: shift(failure.at) },
      defragmentedAt: mapped(defragmentedAt, shift),
      recoveries: recoveries.map(shift),
    },
  }),
  onStart: unchanged,
  onTakeOver: () => ({ upkeep: noUpkeep }),
  onReset: () => ({ upkeep: noUpkeep }),
} satisfies Concern<'space'>;
