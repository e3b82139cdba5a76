import { doublingPauseMs } from '@picket/shared/backoff.ts';
import { longestPauseSeconds } from '@picket/shared/presence/silence.ts';

/**
 * How long to wait after this many failures in a row: 1 s … 60 s, with full jitter. The jitter keeps a thousand nodes
 * from returning together when a coordinator starts again. The loop also paces its own failures by it.
 *
 * @param random from 0 to 1
 */
export function backoffMs(failures: number, random: number): number {
  return Math.ceil(random * doublingPauseMs(failures, 1000, longestPauseSeconds * 1000));
}
