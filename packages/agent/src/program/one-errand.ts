import type { Log } from './log.ts';

/** Work beside the agent's loop, one piece at a time: the next one ends the one before. */
export function oneErrand(what: string, log: Log) {
  let current: { readonly control: AbortController; readonly done: Promise<void> } | null = null;

  async function stop(why: string): Promise<void> {
    current?.control.abort(new Error(why));
    await current?.done;
  }

  return {
    /** Ends the one before this. */
    replace: () => stop('another order replaced it'),
    /** @param work rejects only if its result cannot be recorded */
    start(id: string, work: (control: AbortController) => Promise<void>): Promise<void> {
      const control = new AbortController();
      const done = work(control)
        // If this cannot be recorded, the coordinator gives up after its own timeout.
        .catch((error: unknown) =>
          log.warn({ id, problem: String(error) }, `the result of the ${what} cannot be recorded`),
        )
        .then(() => {
          if (current?.control === control) current = null;
        });
      current = { control, done };
      return done;
    },
    /** Resolves when none runs. */
    ended: async () => current?.done,
    /** Cancels the one that runs, and resolves when it has ended. */
    stop: () => stop('the agent was stopped'),
  };
}
