import type { Concern } from '../../model/concern.ts';
import { leaseSeconds, maintenanceSeconds } from '../../model/waits.ts';
import { defragmentation } from './defragmentation.ts';
import { defragmented, notDefragmented } from './maintenance-outcomes.ts';

/** Rewrites databases with large gaps, by permit. */
export const defragmentationConcern = {
  decide: { gaps: defragmentation },
  apply: {
    'grant-defragmentation': (_progress, { member, compactFirst }, { now, fresh }) => ({
      permit: { id: fresh.id, member, issuedAt: now, withdrawnAt: null, defragment: { compactFirst } },
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
      ? {
          maintenance: {
            id: permit.id,
            kind: 'defragment',
            ...permit.defragment,
            validForSeconds: leaseSeconds,
            deadlineSeconds: maintenanceSeconds,
          },
        }
      : {},
} satisfies Concern<'defragmentation'>;
