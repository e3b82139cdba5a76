import { failure, type PicketError } from '@picket/shared/errors.ts';
import type { Api } from '../api.ts';
import { told } from '../errors.ts';
import type { Shell } from '../shell.ts';
import { clusterNews } from './cluster-news.ts';
import { progressLine } from './progress-line.ts';

/** What a look at the coordinator has found. */
export type Look<Result = null> =
  | { readonly state: 'done'; readonly result: Result }
  | { readonly state: 'failed'; readonly error: PicketError }
  | Waits;

interface Waits {
  readonly state: 'waits';
  /** What is waited for. */
  readonly text: string;
  /** Of two looks with the same likeness, only the first is printed as a line of its own. */
  readonly likeness: string;
}

/** A wait for something that was ordered. */
export interface Wait<Result> {
  readonly cluster: string;
  /** What is waited for, such as `the restart of x-k3s-m-1`. */
  readonly goal: string;
  /** For how many seconds at most; undefined: as long as it takes. */
  readonly timeout: number | undefined;
  /** Shows the progress only where a line can be rewritten. */
  readonly isQuiet?: true;
  readonly look: () => Promise<Look<Result>>;
}

const everyMs = 2000;
const withoutStreamMs = 500;

/**
 * Looks after each event of the cluster, and every two seconds, until it is done, and shows what it waits for. An interruption
 * and the timeout end the wait and not the work. Waits for a coordinator that restarts. Throws the error of a look that has
 * failed, and `wait_timed_out`.
 */
export async function untilDone<Result>(shell: Shell, api: Api, wait: Wait<Result>): Promise<Result> {
  const { io } = shell;
  const { cluster, goal, timeout } = wait;
  const ended = new AbortController();
  const news = clusterNews(cluster, api, shell, { everyMs, withoutStreamMs, isWait: true, ended: ended.signal });
  const line = progressLine(io, wait.isQuiet === true);
  const begun = io.monotonic();
  try {
    for (;;) {
      const seen = await lookOrWait(wait, shell);
      if (seen.state === 'done') return seen.result;
      if (seen.state === 'failed') throw seen.error;
      line.show(seen.text, seen.likeness);
      if (timeout !== undefined && io.monotonic() - begun >= timeout * 1000)
        throw failure('wait_timed_out', { cluster, goal, timeout, problem: seen.text });
      await news.next();
      io.interrupted.throwIfAborted();
    }
  } catch (error) {
    line.end();
    if (io.interrupted.aborted)
      shell.note(
        `picket: Only the wait has ended. \`picket status ${cluster} --watch\` shows the progress of ${goal}.`,
      );
    throw error;
  } finally {
    line.end();
    ended.abort();
  }
}

async function lookOrWait<Result>({ look }: Wait<Result>, { io }: Shell): Promise<Look<Result>> {
  try {
    return await look();
  } catch (error) {
    const { code } = told(error, 'picket').wire;
    if (io.interrupted.aborted || (code !== 'coordinator_unreachable' && code !== 'coordinator_silent')) throw error;
    return { state: 'waits', text: 'the coordinator does not answer', likeness: code };
  }
}
