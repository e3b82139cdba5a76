import { doublingPauseMs } from '@picket/shared/backoff.ts';
import { PicketError } from '@picket/shared/errors.ts';
import type { LeafPurpose } from '@picket/shared/protocol/primitives.ts';
import type { AnyReason } from '@picket/shared/reasons/reason.ts';
import { backoffMs } from '../coordinator/backoff.ts';
import { retryWaitMs } from '../coordinator/retry-wait.ts';
import type { AgentStep } from '../model/model.ts';
import { type Serving, serves } from '../model/serves.ts';
import type { Applied } from '../reconcile/apply/apply.ts';
import { stepFailure } from '../reconcile/apply/step-failure.ts';

/** How often something failed, and until when (monotonic) the agent does not try it again. */
interface Pause {
  readonly failures: number;
  readonly until: number;
}

/** What the agent does not try for a while because it has just failed. The agent forgets it at its end. */
export interface Pauses {
  readonly obtain: Pause;
  /** `why`: what failed, if it was not an etcd that was started. */
  readonly start: Pause & { readonly why: AnyReason | null };
  /** Renewed certificates that etcd did not accept, and why. */
  readonly proofs: Readonly<Partial<Record<LeafPurpose, Pause & { readonly why: AnyReason }>>>;
}

const none: Pause = { failures: 0, until: 0 };
const noStart: Pauses['start'] = { ...none, why: null };
export const noPauses: Pauses = { obtain: none, start: noStart, proofs: {} };

/** Each attempt fetches a whole snapshot. */
const firstRestorePauseMs = 10_000;
const longestRestorePauseMs = 600_000;
const restorePauseMs = (failures: number) => doublingPauseMs(failures, firstRestorePauseMs, longestRestorePauseMs);

/**
 * Each attempt costs the coordinator a certificate and the card a few writes, and the cause rarely disappears at once.
 */
const firstProofPauseMs = 5_000;
const longestProofPauseMs = 3_600_000;

/** The pauses after these steps. A started etcd counts as a failure until it is seen to serve. */
export function pausesAfter(before: Pauses, { done, failed }: Applied, monotonic: number, random: number): Pauses {
  const longer = ({ failures }: Pause, wait: (failures: number) => number): Pause => ({
    failures: failures + 1,
    until: monotonic + wait(failures + 1),
  });
  const started = [...done, ...(failed === null ? [] : [failed.step])].some(startsEtcd);
  const obtained = done.some(({ kind }) => kind === 'obtain-credential');
  const refused = failed?.step.kind === 'obtain-credential';
  const unrestored = failed?.step.kind === 'restore-data';
  // Nothing was tried yet, and an operator may be about to stop them.
  const awaitsOthers = failed?.error instanceof PicketError && failed.error.code === 'former_cluster_serves';
  return {
    obtain: refused
      ? longer(before.obtain, (failures) => retryWaitMs(failed?.error, failures, random))
      : obtained
        ? none
        : before.obtain,
    // At once after a first crash, then after 1, 2, 4 … 60 s. No jitter: it is one machine.
    start: awaitsOthers
      ? { ...before.start, until: monotonic + firstRestorePauseMs, why: stepFailure(failed) }
      : unrestored
        ? { ...longer(before.start, restorePauseMs), why: stepFailure(failed) }
        : started
          ? { ...longer(before.start, (failures) => (failures === 1 ? 0 : backoffMs(failures - 1, 1))), why: null }
          : before.start,
    proofs: proofsAfter(before.proofs, { done, failed }, monotonic),
  };
}

function proofsAfter(before: Pauses['proofs'], { done, failed }: Applied, monotonic: number): Pauses['proofs'] {
  const proven = new Set(done.flatMap((step) => (step.kind === 'prove-credential' ? [step.purpose] : [])));
  const kept = Object.fromEntries(Object.entries(before).filter(([purpose]) => !proven.has(purpose as LeafPurpose)));
  if (failed?.step.kind !== 'prove-credential') return kept;
  const { purpose } = failed.step;
  const failures = (before[purpose]?.failures ?? 0) + 1;
  const until = monotonic + doublingPauseMs(failures, firstProofPauseMs, longestProofPauseMs);
  return { ...kept, [purpose]: { failures, until, why: stepFailure(failed) } };
}

/** A serving etcd clears the pause before the next start; a new desired state clears both. */
export function pausesSeeing(before: Pauses, current: Serving): Pauses {
  return serves(current) && before.start.failures > 0 ? { ...before, start: noStart } : before;
}

function startsEtcd({ kind }: AgentStep): boolean {
  return kind === 'start-etcd' || kind === 'restart-etcd';
}
