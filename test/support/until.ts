import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises';

/** A machine that does other things beside may take this long for what it otherwise does at once. */
const leastPatience = 240_000;

export interface Patience {
  /** Gives up after so many milliseconds; after four minutes if that is less, or left out. */
  readonly within?: number;
  /** Looks again after so many milliseconds; 0: as soon as all else that is due has had its turn. */
  readonly every?: number;
  readonly signal?: AbortSignal;
  /** For the error: what was last seen. */
  readonly lastSeen?: () => string;
}

/** Looks until `look` finds something (neither undefined, null nor false); its errors count as not yet. */
export async function until<Found>(
  what: string,
  look: () => Promise<Found | undefined | null | false> | Found | undefined | null | false,
  { within = leastPatience, every = 100, signal, lastSeen }: Patience = {},
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
    const stops = signal === undefined ? {} : { signal };
    await (every === 0 ? turn(undefined, stops) : sleep(every, undefined, stops));
  } while (Date.now() < end);
  throw tooLate(what, patience, reason, lastSeen);
}

/** The value of this promise. It fails with words if that does not come within four minutes. */
export async function inTime<Value>(
  what: string,
  promise: Promise<Value>,
  lastSeen?: Patience['lastSeen'],
): Promise<Value> {
  const settled = new AbortController();
  const late = sleep(leastPatience, undefined, { signal: settled.signal }).then(() => {
    throw tooLate(what, leastPatience, '', lastSeen);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    settled.abort();
  }
}

function tooLate(what: string, patience: number, reason: string, lastSeen: Patience['lastSeen']): Error {
  const seen = lastSeen === undefined ? '' : `\n${lastSeen()}`;
  return new Error(`not within ${patience / 1000} s: ${what}${reason}${seen}`);
}
