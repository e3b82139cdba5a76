import type { Concern } from '../../model/concern.ts';
import { maintenanceOrder, newPermit } from '../../model/task.ts';
import { defragmentation } from './defragmentation.ts';
import { defragmented, notDefragmented } from './maintenance-outcomes.ts';

/** Rewrites databases with large gaps, by permit. */
export const defragmentationConcern = {
  decide: { gaps: defragmentation },
  apply: {
    'grant-defragmentation': (_progress, { member, compactFirst }, moment) => ({
      permit: { ...newPermit(member, moment), defragment: { compactFirst } },
    }),
    'record-defragmentation': ({ permit, maintenance, lapses }, step, { now }) =>
      step.outcome === 'done'
        ? { permit: null, maintenance: defragmented(maintenance, step.member, now) }
        : {
            permit: null,
            lapses: { ...lapses, [step.member]: now },
            maintenance: notDefragmented(maintenance, step, now, permit?.withdrawnAt ?? null),
          },
  },
  orders: ({ permit }, member) =>
    permit?.defragment !== undefined && permit.member === member && permit.withdrawnAt === null
      ? maintenanceOrder(permit.id, { kind: 'defragment', ...permit.defragment })
      : {},
} satisfies Concern<'defragmentation'>;
