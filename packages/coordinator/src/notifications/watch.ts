import { alarms } from '@picket/shared/problems/catalogue.ts';
import type { Instant } from '../model/instant.ts';
import type { Problem, Seen } from './problem.ts';

/** A problem that is being watched, with when it began, by two clocks. */
export interface Watched {
  readonly problem: Problem;
  /** By the wall clock, to be shown. */
  readonly since: Instant;
  /** On the clock that nobody sets: since when there is this problem, since when with this rule, and when it was last seen. */
  readonly beganAt: number;
  readonly ruleSince: number;
  readonly seenAt: number;
  /** False while it is not seen and not over. */
  readonly isSeen: boolean;
}

export type Watch = ReadonlyMap<string, Watched>;

/** How long to wait before something is sent. Milliseconds. */
export interface Patience {
  /** Of the times of the rules, no more than this. */
  readonly longestSettleMs: number;
  /** A problem that is not seen for this long is over. Within this time it is the same problem: a flap is one message. */
  readonly overAfterMs: number;
  /** A problem that changed often is sent again once it stays as it is, or is not seen, for this long. */
  readonly steadyAfterMs: number;
  /** Soon after a start, nothing counts as over: by then, every node that is on has reported. */
  readonly listensForMs: number;
}

/**
 * The watch after a look at all problems: begins, continues and forgets. One that is over stays in it until those are over
 * that changed often. Pure.
 */
export function watchAfter(
  before: Watch,
  seen: Pick<Seen, 'problems' | 'sightOf'>,
  { monotonic, now }: { readonly monotonic: number; readonly now: Instant },
  patience: Patience,
): Watch {
  const after = new Map<string, Watched>();
  for (const problem of seen.problems) {
    const last = before.get(problem.key);
    const known = last !== undefined && isOpen(last, monotonic, patience) ? last : undefined;
    after.set(problem.key, {
      problem,
      since: known?.since ?? now,
      beganAt: known?.beganAt ?? monotonic,
      ruleSince: known?.problem.rule === problem.rule ? known.ruleSince : monotonic,
      seenAt: monotonic,
      isSeen: true,
    });
  }
  for (const [key, known] of before) {
    if (after.has(key)) continue;
    const sight = seen.sightOf(known.problem);
    const isBlind = sight === 'blind';
    // While nobody can tell, it does not come closer to its end.
    const seenAt = isBlind ? monotonic : known.seenAt;
    if (isBlind || (sight === 'clear' && monotonic - seenAt < patience.steadyAfterMs)) {
      after.set(key, { ...known, seenAt, isSeen: false });
    }
  }
  return after;
}

/** Whether it is there, or was a moment ago. Pure. */
export function isOpen({ isSeen, seenAt }: Watched, monotonic: number, { overAfterMs }: Patience): boolean {
  return isSeen || monotonic - seenAt < overAfterMs;
}

/** Whether it has lasted long enough to be sent: as a new problem, or as one whose receiver knows it by another rule. */
export function isSettled(
  { problem, beganAt, ruleSince }: Watched,
  isKnown: boolean,
  monotonic: number,
  { longestSettleMs }: Patience,
): boolean {
  const settleMs = Math.min(alarms[problem.rule].afterMinutes * 60_000, longestSettleMs);
  return monotonic - (isKnown ? ruleSince : beganAt) >= settleMs;
}
