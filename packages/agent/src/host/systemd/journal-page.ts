import { execFile } from 'node:child_process';
import { cleanEnvironment } from '../clean-environment.ts';

const patienceMs = 5000;
/** journald keeps lines of up to 48 KiB; the few hundred bytes around each are read too. */
const mostBytes = 4 * 1024 * 1024;

/** Lines of a service in the journal, oldest first. */
export interface JournalPage {
  readonly lines: readonly { readonly text: string; readonly at: number }[];
  /** The cursor of the last of them; the given one if there is none. */
  readonly end: string | null;
}

/**
 * The newest lines that a service wrote to its standard output and error, also before this boot, or those after a cursor. null if
 * journalctl cannot be run, or does not answer within 5 s.
 *
 * @param program `journalctl` or the path of one
 */
export function journalPage(
  program: string,
  { service, after, count }: { readonly service: string; readonly after: string | null; readonly count: number },
): Promise<JournalPage | null> {
  const args = [
    ...['--quiet', '--no-pager', '--output=json', '--output-fields=MESSAGE', `--lines=${count}`],
    ...(after === null ? [] : [`--after-cursor=${after}`]),
    // No other process can forge these two.
    ...[`_SYSTEMD_UNIT=${service}`, '_TRANSPORT=stdout'],
  ];
  const options = {
    env: { ...cleanEnvironment, LC_ALL: 'C' },
    timeout: patienceMs,
    killSignal: 'SIGKILL' as const,
    maxBuffer: mostBytes,
    encoding: 'utf8' as const,
  };
  return new Promise((done) => {
    execFile(program, args, options, (error, stdout) => done(error === null ? readPage(stdout, after) : null));
  });
}

/** The output of `journalctl --output=json`. Leaves out a line that is too long for it, or not printable. */
export function readPage(output: string, after: string | null): JournalPage {
  const entries = output.split('\n').flatMap(entryOf);
  const lines = entries.flatMap(({ MESSAGE: text, __REALTIME_TIMESTAMP: at }) =>
    typeof text === 'string' ? [{ text, at: Number(at) / 1000 }] : [],
  );
  const end = entries.at(-1)?.__CURSOR;
  return { lines, end: typeof end === 'string' ? end : after };
}

interface Entry {
  readonly __CURSOR?: unknown;
  /** Microseconds since the epoch. */
  readonly __REALTIME_TIMESTAMP?: unknown;
  readonly MESSAGE?: unknown;
}

function entryOf(line: string): Entry[] {
  try {
    return line === '' ? [] : [JSON.parse(line) as Entry];
  } catch {
    return [];
  }
}
