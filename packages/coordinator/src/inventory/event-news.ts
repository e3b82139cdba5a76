/** Tells that events were stored or removed, so that a reader of new events asks the store only if it has some. */
export type EventNews = ReturnType<typeof eventNews>;

/** @param stored the highest ID that the store has given to an event */
export function eventNews(stored: number) {
  let newest = stored;
  let removals = 0;
  const waiting = new Set<() => void>();
  return {
    /** The highest ID of a committed event, even if the event was removed since. */
    newest: () => newest,
    /** Counts how often events were removed. */
    removals: () => removals,
    committed(id: number) {
      newest = Math.max(newest, id);
      for (const wake of waiting) wake();
    },
    removed() {
      removals += 1;
    },
    /** Resolves once an event with a higher ID than this is committed, or when the signal fires. */
    async after(id: number, signal: AbortSignal) {
      if (newest > id || signal.aborted) return;
      await new Promise<void>((resolve) => {
        const finish = (): void => {
          waiting.delete(wake);
          signal.removeEventListener('abort', finish);
          resolve();
        };
        const wake = (): void => {
          if (newest > id) finish();
        };
        waiting.add(wake);
        signal.addEventListener('abort', finish, { once: true });
      });
    },
  };
}
