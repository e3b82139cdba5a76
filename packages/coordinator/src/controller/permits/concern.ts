import { reason } from '@picket/shared/reasons/reason.ts';
import type { Concern } from '../../model/concern.ts';
import { restartedHold } from '../../model/held.ts';
import { noPermit } from '../../model/permit-progress.ts';
import { newPermit } from '../../model/task.ts';
import { leaseSeconds } from '../../model/waits.ts';
import { notDefragmented } from '../defragmentation/maintenance-outcomes.ts';
import { permits, withdrawUnused } from './permits.ts';

/** One restart at a time (R2). */
export const permitsConcern = {
  decide: { unused: withdrawUnused, restart: permits },
  apply: {
    'grant-permit': ({ upgrade: before }, { member, by, upgrade }, moment) => {
      const permit = { ...newPermit(member, moment), ...((by ?? upgrade) ? { asked: true as const } : {}) };
      if (upgrade === undefined || before === null) return { permit };
      return { permit, upgrade: { ...before, restarts: { ...before.restarts, [member]: permit.id } } };
    },
    'withdraw-permit': ({ permit, maintenance }, step, { now }) => {
      if (permit === null) return {};
      const { generation } = step;
      const withdrawn = {
        ...permit,
        withdrawnAt: now,
        ...(generation === undefined ? {} : { generation }),
        ...(permit.hold === undefined ? {} : { hold: { ...permit.hold, over: step.reason } }),
      };
      return permit.defragment === undefined
        ? { permit: withdrawn }
        : { permit: withdrawn, maintenance: notDefragmented(maintenance, step, now) };
    },
    'close-permit': ({ lapses }, { member, outcome }, { now }) => ({
      permit: null,
      ...(outcome === 'lapsed' ? { lapses: { ...lapses, [member]: now } } : {}),
    }),
  },
  instants: { permit: { issuedAt: true, withdrawnAt: true }, lapses: { each: true } },
  orders: ({ permit }, member) =>
    permit?.member === member &&
    permit.withdrawnAt === null &&
    permit.defragment === undefined &&
    permit.hold === undefined
      ? {
          permit: {
            id: permit.id,
            act: 'restart',
            ...(permit.asked === undefined ? {} : { asked: permit.asked }),
            validForSeconds: leaseSeconds,
          },
        }
      : {},
  busy: ({ progress: { permit } }) =>
    permit &&
    reason('member_has_permit', {
      member: permit.member,
      act: permit.defragment === undefined ? 'restart' : 'defragment',
    }),
  audited: ({ permit }) => ({ restarts: permit?.asked === true ? permit.member : null }),
  // It may still be used, also after an operator has ended the freeze (R2).
  onFreeze: ({ permit }, now) => ({ permit: permit && { ...permit, withdrawnAt: permit.withdrawnAt ?? now } }),
  onStart: ({ permit }, now) => ({
    permit: permit && {
      ...permit,
      issuedAt: now,
      withdrawnAt: permit.withdrawnAt === null ? null : now,
      ...(permit.hold === undefined ? {} : { hold: restartedHold({ ...permit, hold: permit.hold }, now) }),
    },
  }),
  onTakeOver: () => ({ permit: null }),
  onReset: () => noPermit,
} satisfies Concern<'permits'>;
