import type { Instant } from '../controller/model.ts';

/** A clock that is slewed gains or loses far less than this between two looks; one that is set by less does no harm. */
const unnoticedMs = 1000;

/** Sees when the clock is set: it then goes another way than the one that only counts. */
export interface ClockWatch {
  /** Whether it was set since the last look, or since the watch began. */
  wasSet(): boolean;
}

/** @param monotonic milliseconds from any beginning */
export function clockWatch(now: () => Instant, monotonic: () => number): ClockWatch {
  let ahead = now() - monotonic();
  return {
    wasSet() {
      const before = ahead;
      ahead = now() - monotonic();
      return Math.abs(ahead - before) > unnoticedMs;
    },
  };
}
