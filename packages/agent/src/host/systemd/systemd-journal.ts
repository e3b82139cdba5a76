import { execFile } from 'node:child_process';
import { cleanEnvironment } from '../clean-environment.ts';
import { newestOf, nothingSaid, type Tail } from '../log-tail.ts';

const patienceMs = 5000;
/** More than are wanted: the stack trace of a panic follows the words that give its reason, and is dropped. */
const mostLines = 500;
/** journalctl drops a line of more than 4096 bytes, so the requested lines must fit. */
const mostBytes = 4 * 1024 * 1024;

/**
 * The newest lines that a service itself wrote to its standard output and error since boot. Nothing if there is no
 * journal, it cannot be read, or it answers too late: etcd's own log, reported beside it, must not be lost because of
 * that.
 *
 * @param program `journalctl` or the path of one
 */
export function journalTail(program: string, service: string, count: number): Promise<Tail> {
  const args = [
    ...['--boot', '--quiet', '--no-pager', '--output=json', '--output-fields=MESSAGE', `--lines=${mostLines}`],
    // journald sets these two fields for the writing process, and no other process can forge them. `--unit` would also
    // return systemd's own messages.
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
    execFile(program, args, options, (error, stdout) =>
      done(error === null ? readJournal(stdout, count) : nothingSaid),
    );
  });
}

interface Entry {
  /** Microseconds since the epoch. */
  readonly __REALTIME_TIMESTAMP?: unknown;
  /** Anything other than a string is a line that is too long, or not printable. */
  readonly MESSAGE?: unknown;
}

function entryOf(line: string): Entry[] {
  try {
    return [JSON.parse(line) as Entry];
  } catch {
    return [];
  }
}

/** Reads the output of `journalctl --output=json`: one object a line. */
export function readJournal(output: string, count: number): Tail {
  const entries = output
    .split('\n')
    .filter((line) => line !== '')
    .flatMap(entryOf);
  const last = entries.at(-1);
  if (last === undefined) return nothingSaid;
  const said = entries.flatMap(({ MESSAGE: message }) => (typeof message === 'string' ? [message] : []));
  return { lines: newestOf(said, count), at: Number(last.__REALTIME_TIMESTAMP) / 1000 };
}
