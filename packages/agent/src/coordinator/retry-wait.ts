import { backoffMs } from './backoff.ts';
import { RemoteError } from './remote-error.ts';

/** However long a coordinator says: one that is wrong about it must not silence a node. */
const longestMs = 3_600_000;
/** So that all nodes that were told the same do not come back in the same moment. */
const spreadMs = 5000;

/**
 * How long to wait after a request to the coordinator has failed for the `failures`th time in a row, in milliseconds:
 * with growing pauses, and at least as long as a coordinator says that answers with too many requests.
 * @param random from 0 to 1
 */
export function retryWaitMs(error: unknown, failures: number, random: number): number {
  const backoff = backoffMs(failures, random);
  const asked = error instanceof RemoteError && error.status === 429 ? error.details.retryAfterSeconds : undefined;
  if (typeof asked !== 'number' || !(asked > 0)) return backoff;
  return Math.max(backoff, Math.min(longestMs, asked * 1000) + random * spreadMs);
}
