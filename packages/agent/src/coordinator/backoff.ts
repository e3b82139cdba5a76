import { doublingPauseMs } from '@picket/shared/backoff.ts';

/**
 * How long to wait after so many failures in a row: 1 s … 60 s, with full jitter, so that a thousand nodes do not
 * come back together to a coordinator that has just come up.
 *
 * @param random from 0 to 1
 */
export function backoffMs(failures: number, random: number): number {
  return Math.ceil(random * doublingPauseMs(failures, 1000, 60_000));
}
