import { reason } from '@picket/shared/reasons/reason.ts';
import type { ConfigurationProgress } from '../../model/configuration-progress.ts';
import type { Instant } from '../../model/instant.ts';
import type { Step } from '../../model/progress.ts';

type ReleaseStep = Extract<
  Step,
  {
    readonly kind:
      | 'release-configuration'
      | 'confirm-configuration'
      | 'put-back-configuration'
      | 'settle-configuration';
  }
>;

/** How far the configuration has come after this step. Pure. */
export function afterRelease(before: ConfigurationProgress, step: ReleaseStep, now: Instant): ConfigurationProgress {
  switch (step.kind) {
    case 'settle-configuration':
      return { ...before, settled: step.configuration, released: {}, trial: null, stopped: null };
    case 'confirm-configuration':
      return { ...before, trial: null };
    case 'release-configuration': {
      const { member, configuration } = step;
      // Given something else before it has shown anything: what it had before that is still what it can run with.
      const had = before.trial?.member === member ? before.trial.before : (before.released[member] ?? before.settled);
      return {
        ...before,
        released: { ...before.released, [member]: configuration },
        trial: { member, before: had ?? configuration, since: now },
        stopped: null,
      };
    }
    case 'put-back-configuration': {
      const { member, reason } = step;
      const configuration = before.released[member];
      if (before.trial === null || configuration === undefined) return before;
      return {
        ...before,
        released: { ...before.released, [member]: before.trial.before },
        trial: null,
        stopped: { configuration, member, reason, at: now },
      };
    }
  }
}

/** A member's life is over: its next one begins with what all have, and what it was trying has not been shown to run. */
export function afterLife(before: ConfigurationProgress, member: string, now: Instant): ConfigurationProgress {
  const { released, ...rest } =
    before.trial?.member === member
      ? afterRelease(before, { kind: 'put-back-configuration', member, reason: reason('left_before_it_ran') }, now)
      : before;
  const { [member]: _gone, ...others } = released;
  return { ...rest, released: others };
}

/** An operator's word: nobody else is given anything new before the next one. */
export function pausedRelease(before: ConfigurationProgress): ConfigurationProgress {
  return { ...before, paused: true };
}

/** An operator's word: go on, and try again what a member could not run with. */
export function resumedRelease(before: ConfigurationProgress): ConfigurationProgress {
  return { ...before, paused: false, stopped: null };
}
