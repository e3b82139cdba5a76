import type { Clock } from '../host/host.ts';

export type Bell = ReturnType<typeof bell>;

/** Wakes one loop from its sleep. A ring while the loop is awake ends its next wait at once. */
export function bell(clock: Clock, signal: AbortSignal) {
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
    /** Resolves when it rings, after this time, or when the bell is silenced; true if it rang. */
    async wait(ms: number): Promise<boolean> {
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
