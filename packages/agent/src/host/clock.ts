import { readFileSync } from 'node:fs';
import { setTimeout as timer } from 'node:timers/promises';
import type { Clock } from './host.ts';

const longestTimer = 2 ** 31 - 1;

/** The machine's clocks. */
export function systemClock(uptimeFile = '/proc/uptime'): Clock {
  const monotonic =
    uptime(uptimeFile) === null ? () => performance.now() : () => uptime(uptimeFile) ?? Number.POSITIVE_INFINITY;
  return {
    now: () => Date.now(),
    monotonic,
    async sleep(ms, signal) {
      await timer(Math.min(Math.max(ms, 0), longestTimer), undefined, { signal }).catch(() => {});
    },
  };
}

/**
 * Milliseconds since boot, including suspended time; Node's own monotonic clock (CLOCK_MONOTONIC) does not count that.
 * A lease must expire on a machine that slept. null if the system has no such file.
 */
function uptime(file: string): number | null {
  try {
    const seconds = Number.parseFloat(readFileSync(file, 'latin1'));
    return Number.isFinite(seconds) ? Math.round(seconds * 1000) : null;
  } catch {
    return null;
  }
}
