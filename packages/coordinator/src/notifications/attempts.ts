import { doublingPauseMs } from '@picket/shared/backoff.ts';
import type { Instant } from '../model/instant.ts';
import type { Failure } from './channel.ts';

/** How the last attempts went; in memory only, so that a receiver that is down costs no writes. */
export interface Failing {
  readonly attempts: number;
  readonly reason: NonNullable<Failure>;
  readonly nextAt: Instant;
}

const firstPauseMs = 10_000;
const longestPauseMs = 15 * 60_000;

/** Counts failures in a row, and says when the next attempt may come. */
export function attemptBook(clocks: { readonly now: () => Instant; readonly monotonic: () => number }) {
  let failing: (Failing & { readonly from: number }) | null = null;
  return {
    failing: (): Failing | null => failing,
    isDue: () => failing === null || clocks.monotonic() >= failing.from,
    record(failure: Failure): void {
      if (failure === null) {
        failing = null;
        return;
      }
      const attempts = (failing?.attempts ?? 0) + 1;
      const pause = doublingPauseMs(attempts, firstPauseMs, longestPauseMs);
      failing = {
        attempts,
        reason: failure,
        nextAt: clocks.now() + pause,
        from: clocks.monotonic() + pause,
      };
    },
  };
}
