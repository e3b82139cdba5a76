import { reason } from '@picket/shared/reasons/reason.ts';
import type { Concern } from '../../model/concern.ts';
import { noLeaderMove } from '../../model/leadership-progress.ts';
import { maintenanceEnd } from '../../model/maintenance-end.ts';
import type { MembershipProgress } from '../../model/membership-progress.ts';
import { act, agreed, type Opinion, waitFor } from '../../model/opinion.ts';
import type { Situation } from '../../model/situation.ts';
import { maintenanceOrder, newTask } from '../../model/task.ts';
import { leaseSeconds } from '../../model/waits.ts';
import { withMember } from '../membership/incarnations.ts';

/** One that is to leave etcd is asked once. */
function askedToHandOver(progress: Pick<MembershipProgress, 'members'>, name: string) {
  const { leaving } = progress.members[name] ?? {};
  return leaving === undefined ? {} : withMember(progress, name, { leaving: { ...leaving, handsOver: true } });
}

/** Hands the leadership over to the member that an operator names. */
export const leadershipConcern = {
  decide: { handover: awaitHandover },
  apply: {
    'assign-handover': (progress, { member, memberId, executor }, moment) => ({
      leaderMove: { ...newTask(executor, moment), member, memberId },
      ...askedToHandOver(progress, executor),
    }),
    'record-handover': ({ leaderMove, members }, { executor, outcome }, { now }) => {
      if (leaderMove === null || outcome === 'failed') return noLeaderMove;
      const from = members[executor]?.memberId ?? null;
      return { ...noLeaderMove, handedOver: { from, to: leaderMove.memberId, at: now } };
    },
  },
  instants: { leaderMove: { issuedAt: true }, handedOver: { at: true } },
  orders: ({ leaderMove }, member) =>
    leaderMove?.executor === member
      ? maintenanceOrder(leaderMove.id, { kind: 'move-leader', to: leaderMove.memberId }, leaseSeconds)
      : {},
  busy: ({ progress: { leaderMove } }) => leaderMove && reason('leadership_moves', leaderMove),
  audited: ({ leaderMove }) => ({ leadsNext: leaderMove?.member ?? null }),
  // If it is still carried out, another voter leads: nobody is disrupted.
  onFreeze: () => noLeaderMove,
  onStart: ({ leaderMove }, now) => ({ leaderMove: leaderMove && { ...leaderMove, issuedAt: now } }),
  onTakeOver: () => noLeaderMove,
  onReset: () => noLeaderMove,
} satisfies Concern<'leadership'>;

/** Waits until the leader has handed over, has refused to, or can no longer begin. Nothing else begins meanwhile. */
function awaitHandover(situation: Situation): Opinion {
  const { leaderMove } = situation.progress;
  if (leaderMove === null) return agreed;
  const { member, executor } = leaderMove;
  const end = maintenanceEnd(situation, leaderMove, leaseSeconds);
  if (end === null) return waitFor(reason('hands_over', { member, executor }));
  return act({ kind: 'record-handover', member, executor, outcome: end.outcome, reason: end.why });
}
