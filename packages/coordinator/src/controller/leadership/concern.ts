import type { Concern } from '../../model/concern.ts';
import { noLeaderMove } from '../../model/leadership-progress.ts';
import { leaseSeconds } from '../../model/waits.ts';
import { awaitHandover } from './await-handover.ts';

/** Hands the leadership over to the member that an operator names. */
export const leadershipConcern = {
  decide: { handover: awaitHandover },
  apply: {
    'assign-handover': (_progress, { member, memberId, executor }, { now, fresh }) => ({
      leaderMove: { id: fresh.id, member, memberId, executor, issuedAt: now },
    }),
    'record-handover': () => noLeaderMove,
  },
  orders: ({ leaderMove }, member) =>
    leaderMove?.executor === member
      ? {
          maintenance: {
            id: leaderMove.id,
            kind: 'move-leader',
            to: leaderMove.memberId,
            validForSeconds: leaseSeconds,
            deadlineSeconds: leaseSeconds,
          },
        }
      : {},
  // If it is still carried out, another voter leads: nobody is disrupted.
  onFreeze: () => noLeaderMove,
  onClockStep: ({ leaderMove }, shift) => ({
    leaderMove: leaderMove && { ...leaderMove, issuedAt: shift(leaderMove.issuedAt) },
  }),
  onStart: ({ leaderMove }, now) => ({ leaderMove: leaderMove && { ...leaderMove, issuedAt: now } }),
  onTakeOver: () => noLeaderMove,
  onReset: () => noLeaderMove,
} satisfies Concern<'leadership'>;
