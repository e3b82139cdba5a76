import { type Concern, unchanged } from '../../model/concern.ts';
import { leaseSeconds } from '../../model/waits.ts';
import { adoptHold } from './adopt-hold.ts';
import { awaitHold } from './await-hold.ts';

/** Holds of members: a permit for as long as an operator works on the machine. */
export const holdsConcern = {
  decide: { hold: awaitHold, alone: adoptHold },
  apply: {
    'grant-hold': (_progress, { member, by, why, seconds, stop }, { now, fresh }) => ({
      permit: {
        id: fresh.id,
        member,
        issuedAt: now,
        withdrawnAt: null,
        hold: { by, why, seconds, stop, taken: false },
      },
    }),
    'adopt-hold': (_progress, { member, id, by, why, seconds, stop }, { now }) => ({
      permit: {
        id,
        member,
        issuedAt: now,
        withdrawnAt: null,
        hold: { by, why, seconds, stop, taken: true, alone: true },
      },
    }),
    'open-hold': ({ permit }) =>
      permit?.hold === undefined ? {} : { permit: { ...permit, hold: { ...permit.hold, taken: true } } },
    'end-hold': ({ permit, endedHolds, members }) => {
      if (permit?.hold?.alone === undefined) return { permit: null };
      const ofMembers = Object.entries(endedHolds).filter(([name]) => members[name] !== undefined);
      return { permit: null, endedHolds: { ...Object.fromEntries(ofMembers), [permit.member]: permit.id } };
    },
  },
  orders: ({ permit, endedHolds }, member) => {
    const { [member]: ended } = endedHolds;
    const over = ended === undefined ? {} : { endedHold: ended };
    if (permit?.hold === undefined || permit.member !== member) return over;
    const { id, withdrawnAt, hold } = permit;
    // Its node may never have seen the permit, and would not miss it.
    if (withdrawnAt !== null) return hold.alone === undefined ? over : { endedHold: id };
    const { stop, seconds: forSeconds } = hold;
    return { ...over, permit: { id, act: 'hold', stop, forSeconds, validForSeconds: leaseSeconds } };
  },
  // What happens to the permit, `permits` says.
  onFreeze: unchanged,
  onClockStep: unchanged,
  onStart: unchanged,
  onTakeOver: unchanged,
  onReset: unchanged,
} satisfies Concern<'holds'>;
