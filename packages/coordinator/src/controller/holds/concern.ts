import { reason } from '@picket/shared/reasons/reason.ts';
import type { Concern } from '../../model/concern.ts';
import { changedHold, heldNow, isHoldOver, secondsOnNode } from '../../model/held.ts';
import { newPermit } from '../../model/task.ts';
import { leaseSeconds, stayHealthyFor } from '../../model/waits.ts';
import { awaitHold } from './await-hold.ts';

/** Holds of members: a permit for as long as an operator works on the machine. */
export const holdsConcern = {
  decide: { hold: awaitHold },
  apply: {
    'grant-hold': (_progress, { member, by, why, seconds, stop }, moment) => ({
      permit: { ...newPermit(member, moment), hold: { by, why, seconds, stop, taken: false } },
    }),
    'open-hold': ({ permit }) =>
      permit?.hold === undefined ? {} : { permit: { ...permit, hold: { ...permit.hold, taken: true } } },
    'change-hold': ({ permit }, step, { now }) =>
      permit?.hold === undefined
        ? {}
        : { permit: { ...permit, hold: changedHold({ ...permit, hold: permit.hold }, step, now) } },
    'end-hold': () => ({ permit: null }),
  },
  orders: ({ permit }, member) => {
    if (permit?.hold === undefined || permit.member !== member || permit.withdrawnAt !== null) return {};
    const { stop } = permit.hold;
    const forSeconds = secondsOnNode(permit.hold);
    return { permit: { id: permit.id, act: 'hold', stop, forSeconds, validForSeconds: leaseSeconds } };
  },
  busy: ({ progress: { permit }, now }) => {
    if (permit?.hold === undefined) return null;
    const { member, hold } = permit;
    return isHoldOver(permit, now)
      ? reason('hold_settles', { member, seconds: stayHealthyFor / 1000 })
      : heldNow(permit, hold);
  },
  audited: ({ permit }) => {
    if (permit?.hold === undefined) return { held: null };
    const { by, why, seconds, stop } = permit.hold;
    return { held: { member: permit.member, by, why, seconds, stop, ends: permit.withdrawnAt !== null } };
  },
} satisfies Concern<'holds'>;
