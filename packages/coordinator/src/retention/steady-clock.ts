import type { Instant } from '../model/instant.ts';

const steadyMs = 24 * 3_600_000;
/** More than the largest correction of a time server. */
const toleratedMs = 3_600_000;

/** True if for a day the clock has moved only with time. */
export type SteadyClock = (now: Instant, monotonic: number) => boolean;

/**
 * Watches the clock, so that nothing is removed by a clock that cannot be right (R14): a board without a battery may
 * start years ahead or behind, until time sync sets it.
 */
export function steadyClock(now: Instant, monotonic: number): SteadyClock {
  let since = { now, monotonic };
  return (now, monotonic) => {
    const passed = monotonic - since.monotonic;
    if (Math.abs(now - since.now - passed) > toleratedMs) since = { now, monotonic };
    return monotonic - since.monotonic >= steadyMs;
  };
}
