import { execFile } from 'node:child_process';
import { cleanEnvironment } from '../clean-environment.ts';

const patienceMs = 5000;
/** journald keeps lines of up to 48 KiB; the few hundred bytes around each are read too. */
const mostBytes = 4 * 1024 * 1024;

/** A line of a service in the journal. */
export interface JournalEntry {
  /** null: it is too long, or not printable. */
  readonly text: string | null;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly cursor: string | null;
}

/**
 * The newest lines that a service itself wrote to its standard output and error, oldest first. null if journalctl cannot be run, or
 * does not answer within 5 s.
 *
 * @param program `journalctl` or the path of one
 * @param more further options, such as `--boot`
 */
export function journalEntries(
  program: string,
  { service, count, more }: { readonly service: string; readonly count: number; readonly more: readonly string[] },
): Promise<readonly JournalEntry[] | null> {
  const args = [
    ...['--quiet', '--no-pager', '--output=json', '--output-fields=MESSAGE', `--lines=${count}`, ...more],
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
    execFile(program, args, options, (error, stdout) => done(error === null ? readEntries(stdout) : null));
  });
}

/** Reads the output of `journalctl --output=json`: one object a line. Leaves out a truncated one. */
export function readEntries(output: string): readonly JournalEntry[] {
  return output.split('\n').flatMap((line) => {
    const { MESSAGE: text, __REALTIME_TIMESTAMP: microseconds, __CURSOR: cursor } = fieldsOf(line) ?? {};
    if (microseconds === undefined) return [];
    return [{ text: textOrNull(text), at: Number(microseconds) / 1000, cursor: textOrNull(cursor) }];
  });
}

function fieldsOf(line: string): Readonly<Record<string, unknown>> | null {
  try {
    return line === '' ? null : (JSON.parse(line) as Readonly<Record<string, unknown>>);
  } catch {
    return null;
  }
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
