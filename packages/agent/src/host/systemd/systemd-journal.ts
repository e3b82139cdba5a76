import { execFile } from 'node:child_process';
import { cleanEnvironment } from '../clean-environment.ts';
import { newestOf, nothingSaid, type Tail } from '../log-tail.ts';

const patienceMs = 5000;
/** More than are wanted: the stack trace of a panic, which is left out, follows the words that tell why. */
const mostLines = 500;
/** journalctl leaves out a line of more than 4096 bytes, so the lines that are asked for fit in. */
const mostBytes = 4 * 1024 * 1024;

/**
 * The newest lines that a service itself has said on its standard output and error since the machine's start. Nothing
 * where there is no journal, or one that cannot be read or answers too late: etcd's own log, which is told beside it,
 * must not be lost over that.
 *
 * @param program `journalctl` or the path of one
 */
export function journalTail(program: string, service: string, count: number): Promise<Tail> {
  const args = [
    ...['--boot', '--quiet', '--no-pager', '--output=json', '--output-fields=MESSAGE', `--lines=${mostLines}`],
    // By these two journald names the speaker, which no other can take on; `--unit` would tell systemd's words as well.
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
  /** Anything else than a string is a line too long, or none that can be printed. */
  readonly MESSAGE?: unknown;
}

function entryOf(line: string): Entry[] {
  try {
    return [JSON.parse(line) as Entry];
  } catch {
    return [];
  }
}

/** Reads what `journalctl --output=json` prints: an object a line. */
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
