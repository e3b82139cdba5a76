import { backoffMs } from './backoff.ts';
import { RemoteError } from './remote-error.ts';

/**
 * The longest wait that the agent accepts, whatever the coordinator asks for: a wrong value must not silence a node.
 */
const longestMs = 3_600_000;
/** Random extra, so that nodes with the same instruction do not return at the same moment. */
const spreadMs = 5000;

/**
 * How long to wait, in milliseconds, after a request to the coordinator has failed for the `failures`th time in a row.
 * The wait grows, and is at least as long as a coordinator asks for in an answer "too many requests".
 * @param random from 0 to 1
 */
export function retryWaitMs(error: unknown, failures: number, random: number): number {
  const backoff = backoffMs(failures, random);
  const asked = error instanceof RemoteError && error.status === 429 ? error.details.retryAfterSeconds : undefined;
  if (typeof asked !== 'number' || !(asked > 0)) return backoff;
  return Math.max(backoff, Math.min(longestMs, asked * 1000) + random * spreadMs);
}
