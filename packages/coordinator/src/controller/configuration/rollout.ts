import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import type { Configuration, ConfigurationProgress } from '../../model/configuration-progress.ts';
import type { Instant } from '../../model/instant.ts';
import { withoutKey } from '../../model/mapped.ts';

/** This member gets a configuration, to show that it can run with it. */
export function rolledOut(
  before: ConfigurationProgress,
  member: string,
  configuration: Configuration,
  now: Instant,
): ConfigurationProgress {
  // If it gets another one before it has shown anything, the earlier one is still what it can run with.
  const had = before.trial?.member === member ? before.trial.before : (before.rolledOut[member] ?? before.settled);
  return {
    ...before,
    rolledOut: { ...before.rolledOut, [member]: configuration },
    trial: { member, before: had ?? configuration, since: now },
    stopped: null,
  };
}

/** The member on trial has its former settings again, and nobody gets those that it could not run with. */
export function putBack(
  before: ConfigurationProgress,
  member: string,
  reason: Reason,
  now: Instant,
): ConfigurationProgress {
  const configuration = before.rolledOut[member];
  if (before.trial === null || configuration === undefined) return before;
  return {
    ...before,
    rolledOut: { ...before.rolledOut, [member]: before.trial.before },
    trial: null,
    stopped: { configuration, member, reason, at: now },
  };
}

/** A member's incarnation is over: its next one begins with the settings of all, and its trial has shown nothing. */
export function afterIncarnation(before: ConfigurationProgress, member: string, now: Instant): ConfigurationProgress {
  const { rolledOut: given, ...rest } =
    before.trial?.member === member ? putBack(before, member, reason('left_before_it_ran'), now) : before;
  return { ...rest, rolledOut: withoutKey(given, member) };
}

/** An operator has paused: nobody else gets new settings until the next command. */
export function pausedRollout(before: ConfigurationProgress): ConfigurationProgress {
  return { ...before, paused: true };
}

/** An operator has resumed: go on, and try again what a member could not run with. */
export function resumedRollout(before: ConfigurationProgress): ConfigurationProgress {
  return { ...before, paused: false, stopped: null };
}
