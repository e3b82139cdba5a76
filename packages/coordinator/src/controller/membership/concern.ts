import type { MembershipStep } from '@picket/shared/protocol/desired-state.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import type { Concern } from '../../model/concern.ts';
import { mapped } from '../../model/mapped.ts';
import { type Assignment, type MembershipProgress, noMembers } from '../../model/membership-progress.ts';
import { leaseSeconds } from '../../model/waits.ts';
import { applyMembership } from './apply.ts';
import { membership } from './membership.ts';
import { livingNode, release, retiredIncarnation, retirement } from './retired-incarnations.ts';
import { withoutAssignment } from './withdrawn-mutations.ts';

/** One change of the members at a time (R3), and incarnations that are over never begin again (R4). */
export const membershipConcern = {
  decide: { change: membership, formerIncarnations: retirement, letGo: release },
  apply: applyMembership,
  instants: {
    members: { each: { since: true, unfit: { since: true }, promotionSince: true } },
    assignment: { issuedAt: true, since: true },
    withdrawn: { each: { at: true } },
    stalls: { each: { at: true } },
  },
  orders: (progress, member) => ({
    retired: progress.retired
      .filter((incarnation) => incarnation.member === member)
      .map(({ incarnation }) => incarnation),
    ...(progress.assignment?.executor === member ? { membershipStep: orderOf(progress.assignment) } : {}),
    ...(watchesMembers(progress, member) ? { watchMembers: true } : {}),
  }),
  busy: ({ progress: { assignment } }) =>
    assignment && reason('membership_changes', { member: assignment.mutation.member, kind: assignment.mutation.kind }),
  audited: ({ members }) => ({
    incarnations: mapped(members, ({ incarnation, phase, memberId, leaving = null }) => ({
      incarnation,
      phase,
      memberId,
      leaving,
    })),
  }),
  onFreeze: (part, now) => withoutAssignment(part, now),
  onStart: (part, now) => ({
    withdrawn: part.withdrawn.map((one) => ({ ...one, at: now })),
    // So does the time in which one that is taken out may still be added: the clock may have been set meanwhile (R14).
    members: mapped(part.members, (incarnation) =>
      incarnation.phase === 'adding' && incarnation.leaving !== undefined
        ? { ...incarnation, since: now }
        : incarnation,
    ),
  }),
  onTakeOver: () => ({ assignment: null, withdrawn: [] }),
  onReset: (part, status) => ({
    ...noMembers,
    departing: part.departing,
    retired: [
      ...part.retired,
      ...Object.entries(part.members).map(([member, { incarnation }]) =>
        retiredIncarnation(member, incarnation, livingNode(part, status, member)),
      ),
    ],
  }),
} satisfies Concern<'membership'>;

/** Set if another voter must show the executor's effect. */
function watchesMembers({ assignment, members }: MembershipProgress, name: string): boolean {
  if (assignment === null || members[name]?.phase !== 'voter') return false;
  return Object.entries(members).some(([other, { phase }]) => other !== name && phase === 'voter');
}

function orderOf({ id, mutation }: Assignment): MembershipStep {
  const validForSeconds = leaseSeconds;
  const { kind, member } = mutation;
  switch (kind) {
    case 'add-learner':
      return { id, kind, member, peerUrl: mutation.peerUrl, validForSeconds };
    case 'promote':
    case 'remove-learner':
      return { id, kind, member, memberId: mutation.memberId, validForSeconds };
    case 'remove-voter': {
      const { memberId, force, differs } = mutation;
      return { id, kind, member, memberId, force, ...(differs === true ? { differs } : {}), validForSeconds };
    }
  }
}
