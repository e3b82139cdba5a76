import type { Clock } from '../host/host.ts';

/** Wakes one loop from its sleep. A ring while nobody sleeps is kept for the next wait. */
export interface Bell {
  ring(): void;
  /** Resolves when it is rung, after so long, or when the bell is silenced; true if it was rung. */
  wait(ms: number): Promise<boolean>;
}

export function bell(clock: Pick<Clock, 'sleep'>, signal: AbortSignal): Bell {
  let rung = false;
  let sleeping: AbortController | null = null;
  const wake = (): void => sleeping?.abort();
  // Heard once for the bell's whole life: one listener for each wait would pile up on a signal that lives as long.
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
