import type { Clock } from '../host/host.ts';

/** Wakes one loop from its sleep. A ring while the loop is awake ends its next wait at once. */
export interface Bell {
  ring(): void;
  /** Resolves when it rings, after this time, or when the bell is silenced; true if it rang. */
  wait(ms: number): Promise<boolean>;
}

export function bell(clock: Pick<Clock, 'sleep'>, signal: AbortSignal): Bell {
  let rung = false;
  let sleeping: AbortController | null = null;
  const wake = (): void => sleeping?.abort();
  // One listener for the bell's whole life: a listener for each wait would accumulate on a signal that lives as long.
  signal.addEventListener('abort', wake, { once: true });
  return {
    ring() {
      rung = true;
      wake();
    },
    async wait(ms) {
      if (!rung && !signal.aborted) {
        sleeping = new AbortController();
        await clock.sleep(ms, sleeping.signal);
        sleeping = null;
      }
      const heard = rung;
      rung = false;
      return heard;
    },
  };
}
