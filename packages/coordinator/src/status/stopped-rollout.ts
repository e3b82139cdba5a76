import { diagnose } from '@picket/shared/diagnosis/diagnose.ts';
import type { Next } from '@picket/shared/diagnosis/rules/rule.ts';
import { isoTime } from '@picket/shared/iso-time.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
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
export function stoppedRollout({ spec, progress, now }: Situation): StoppedRollout | null {
  const rollout = rolloutView(spec, progress);
  const why = stopOf(spec.name, rollout);
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
export function stopOf(cluster: string, rollout: Rollout | null): Reason<'rollout_stopped'> | null {
  if (rollout?.state !== 'stopped' || rollout.reason === null) return null;
  const { member, why } = rollout.reason.facts;
  return reason('rollout_stopped', { cluster, member, revision: rollout.revision, why });
}
