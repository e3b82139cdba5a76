import { diagnose } from '@picket/shared/diagnosis/diagnose.ts';
import type { Next } from '@picket/shared/diagnosis/rules/rule.ts';
import { isoTime } from '@picket/shared/iso-time.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import { changedFrom, configurationOf } from '../model/configuration-of.ts';
import type { Situation } from '../model/situation.ts';
import { type Rollout, rolloutView } from './rollout-view.ts';

/** A rollout that waits for an operator. */
export interface StoppedRollout {
  readonly member: string;
  readonly revision: number;
  /** The command that a diagnosis proposes for it. */
  readonly next: Next | null;
}

/** The rollout that has stopped; null if none has. The status and the diagnosis propose the same command (R19). Pure. */
export function stoppedRollout(situation: Situation): StoppedRollout | null {
  const { spec, progress, now } = situation;
  const rollout = rolloutView(spec, progress);
  const why = stopOf(situation, rollout);
  if (rollout === null || why === null) return null;
  const members = spec.members.map(({ name, address }) => ({ name, address, memberId: null }));
  const at = isoTime(now);
  const [finding] = diagnose({
    ...{ cluster: spec.name, place: 'elsewhere', self: null, members, failing: [], now: at, statusNext: null },
    evidence: [{ reason: why, about: null, at, from: 'coordinator' }],
  });
  return { member: why.facts.member, revision: why.facts.revision, next: finding?.next ?? null };
}

/** Why this rollout has stopped, and at which member; null if it has not. */
export function stopOf(
  { spec, progress }: Pick<Situation, 'spec' | 'progress'>,
  rollout: Rollout | null,
): Reason<'rollout_stopped'> | null {
  const { stopped } = progress.configuration;
  if (rollout?.state !== 'stopped' || rollout.reason === null || stopped === null) return null;
  const { member, why } = rollout.reason.facts;
  const changed = changedFrom(stopped.configuration, configurationOf(spec, progress, stopped.member));
  return reason('rollout_stopped', { cluster: spec.name, member, revision: rollout.revision, changed, why });
}
