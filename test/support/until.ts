import { setTimeout as sleep } from 'node:timers/promises';

/** A machine that does other things beside may take this long for what it otherwise does at once. */
const leastPatience = 240_000;

export interface Patience {
  /** Gives up after so many milliseconds; after four minutes where that is less. */
  readonly within: number;
  /** Looks again after so many milliseconds. */
  readonly every?: number;
  readonly signal?: AbortSignal;
  /** For the error: what was last seen. */
  readonly lastSeen?: () => string;
}

/** Looks until `look` finds something (neither undefined, null nor false); its errors count as not yet. */
export async function until<Found>(
  what: string,
  look: () => Promise<Found | undefined | null | false> | Found | undefined | null | false,
  { within, every = 100, signal, lastSeen }: Patience,
): Promise<Found> {
  const patience = Math.max(within, leastPatience);
  const end = Date.now() + patience;
  let reason = '';
  do {
    signal?.throwIfAborted();
    try {
      const found = await look();
      if (found !== undefined && found !== null && found !== false) return found;
    } catch (error) {
      reason = `; the last error was: ${(error as Error).message}`;
    }
    await sleep(every, undefined, signal === undefined ? {} : { signal });
  } while (Date.now() < end);
  throw new Error(
    `not within ${patience / 1000} s: ${what}${reason}${lastSeen === undefined ? '' : `\n${lastSeen()}`}`,
  );
}
