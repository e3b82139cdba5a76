import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import { heldUntil, isHoldOver } from '../../model/held.ts';
import type { Situation } from '../../model/situation.ts';
import { stayHealthyFor } from '../../model/waits.ts';
import { stillUnderWay } from '../membership/withdrawn-mutations.ts';

/** What is under way in the cluster, so that an order of an operator must not begin beside it (R2, R3); null if nothing. */
export function underWay(situation: Situation): Reason | null {
  const { permit, configuration, assignment, maintenance, corruption, leaderMove, authentication } = situation.progress;
  if (permit?.hold !== undefined)
    return !isHoldOver(permit, situation.now)
      ? reason('held_now', {
          member: permit.member,
          by: permit.hold.by,
          until: heldUntil(permit),
          why: permit.hold.why,
        })
      : reason('hold_settles', { member: permit.member, seconds: stayHealthyFor / 1000 });
  if (permit !== null) {
    const act = permit.defragment === undefined ? 'restart' : 'defragment';
    return reason('member_has_permit', { member: permit.member, act });
  }
  if (configuration.trial !== null) return reason('settings_on_trial', { member: configuration.trial.member });
  if (assignment !== null) {
    const { kind, member } = assignment.mutation;
    return reason('membership_changes', { member, kind });
  }
  if (maintenance.noSpace !== null || maintenance.task !== null) return reason('room_first');
  if (corruption.comparing !== null || corruption.disarming !== null) return reason('comparison_first');
  if (authentication.task !== null) return reason('authentication_first');
  if (leaderMove !== null) return reason('leadership_moves', leaderMove);
  return stillUnderWay(situation)[0] ?? null;
}
