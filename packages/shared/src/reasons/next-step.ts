import type { Place } from './next-steps.ts';
import { type AnyReason, isReason, type Reason, reason } from './reason.ts';

/** What to do after this cause has kept a member from a restart or a hold. Another version may send causes that are not in the table. */
export function nextStep(cause: AnyReason, here: { readonly cluster: string; readonly place: Place }): Reason {
  const { code } = cause;
  const {
    member = '',
    why,
    ailment,
  } = cause.facts as Partial<Record<'why' | 'ailment', unknown>> & { member?: string };
  switch (code) {
    case 'hold_refused':
      return isReason(why) ? nextStep(why, here) : reason('look_at_agent');
    case 'held_now':
      return reason('repeat_after_hold', { ...here, member });
    case 'hold_would_last_too_long':
      return reason('repeat_with_shorter_time');
    case 'hold_settles':
    case 'permit_over':
    case 'etcd_without_leader':
    case 'members_unread':
      return reason('repeat_shortly');
    case 'settings_on_trial':
      return reason('repeat_after_rollout', here);
    case 'every_voter_must_serve':
      return isReason(ailment) ? nextStep(ailment, here) : reason('repeat_when_all_serve', here);
    case 'of_member':
      return afterAilment(why, here);
    case 'voters_absent':
      return reason('repeat_when_all_serve', here);
    case 'held_member_leaves':
    case 'node_evicted':
      return reason('repeat_never');
    case 'needs_downtime':
      return reason('repeat_when_allowed');
    case 'no_etcd_yet':
      return reason('repeat_when_it_runs');
    case 'restarts_anyway':
      return reason('restart_comes');
    case 'leader_restarts_last':
      return reason('restart_others_first');
    case 'reboots_without_hold':
      return reason('reboot_freely');
    case 'released_by':
    case 'hold_time_over':
      return reason('repeat_now');
    case 'hold_not_taken':
    case 'clock_wrong':
    case 'certificate_unusable':
    case 'certificates_end':
    case 'certificates_unread':
    case 'renewal_unproven':
    case 'etcd_is_silent':
    case 'not_in_own_list':
    case 'picket_error':
    case 'error_says':
      return reason('look_at_agent');
    default:
      return reason('repeat_when_idle', here);
  }
}

/** What to do about a voter of which this is wrong. */
function afterAilment(why: unknown, here: { readonly cluster: string; readonly place: Place }): Reason {
  const code = isReason(why) ? why.code : null;
  if (code === 'not_reported_since_start') return reason('repeat_shortly');
  // Its own reason says how it ends.
  if (code === 'held_alone') return reason('repeat_when_released');
  return code === 'other_minor_installed' ? reason('look_at_agent') : reason('repeat_when_all_serve', here);
}
