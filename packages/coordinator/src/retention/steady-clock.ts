import type { Instant } from '../model/instant.ts';

const steadyMs = 24 * 3_600_000;
/** What time servers correct a clock by, and more. */
const toleratedMs = 3_600_000;

/** Whether nothing but time has moved the clock for a day. */
export type SteadyClock = (now: Instant, monotonic: number) => boolean;

/**
 * Watches the clock, so that nothing is removed by one that cannot be right (R14): a board without a battery may begin
 * years ahead or behind, until time sync sets it.
 */
export function steadyClock(now: Instant, monotonic: number): SteadyClock {
  let since = { now, monotonic };
  return (now, monotonic) => {
    const passed = monotonic - since.monotonic;
    if (Math.abs(now - since.now - passed) > toleratedMs) since = { now, monotonic };
    return monotonic - since.monotonic >= steadyMs;
  };
}
