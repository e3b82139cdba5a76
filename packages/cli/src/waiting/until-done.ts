import { failure, type PicketError } from '@picket/shared/errors.ts';
import { plain } from '@picket/shared/plain.ts';
import type { Api } from '../api.ts';
import { errorForUser } from '../errors.ts';
import type { Io } from '../io.ts';
import { clearLine } from '../render/paint.ts';
import type { Shell } from '../shell.ts';
import { clusterNews } from './cluster-news.ts';

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
    const { code } = errorForUser(error, 'picket');
    if (io.interrupted.aborted || (code !== 'coordinator_unreachable' && code !== 'coordinator_silent')) throw error;
    return { state: 'waits', text: 'the coordinator does not answer', likeness: code };
  }
}

/**
 * Shows on stderr what a command waits for: on a terminal as one line that is rewritten, else as a line for each change.
 *
 * @param isQuiet shows nothing where no line can be rewritten
 */
function progressLine({ stderr, progressColumns }: Pick<Io, 'stderr' | 'progressColumns'>, isQuiet: boolean) {
  let last: string | null = null;
  return {
    /** @param likeness is equal for two texts of which the second is no news */
    show(text: string, likeness: string) {
      const line = `Waiting: ${plain(text)}`;
      if (progressColumns !== null) stderr.write(`${clearLine}${cut(line, progressColumns - 1)}`);
      else if (!isQuiet && likeness !== last) stderr.write(`${line}\n`);
      last = likeness;
    },
    /** Removes the line from the terminal. */
    end() {
      if (progressColumns !== null && last !== null) stderr.write(clearLine);
      last = null;
    },
  };
}

function cut(line: string, most: number): string {
  return line.length <= most ? line : `${line.slice(0, Math.max(0, most - 1))}…`;
}
