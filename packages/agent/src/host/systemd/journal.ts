import { newestOf, nothingSaid, type Tail } from '../log-tail.ts';
import { runAs } from '../run-as.ts';

const patienceMs = 5000;
/** More than are wanted: the stack trace of a panic follows the words that give its reason, and is dropped. */
const mostLines = 500;

/** A line of a service in the journal. */
interface JournalEntry {
  /** null: it is too long, or not printable. */
  readonly text: string | null;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly cursor: string | null;
}

/** Lines of a service in the journal, oldest first. */
interface JournalPage {
  readonly lines: readonly { readonly text: string; readonly at: number }[];
  /** The cursor of the last of them; the given one if there is none. */
  readonly end: string | null;
}

/**
 * The newest lines of a service, also from before this boot, or those after a cursor. null if the journal cannot be read.
 *
 * @param program `journalctl` or the path of one
 */
export async function journalPage(
  program: string,
  { service, after, count }: { readonly service: string; readonly after: string | null; readonly count: number },
): Promise<JournalPage | null> {
  const more = after === null ? [] : [`--after-cursor=${after}`];
  const entries = await journalEntries(program, { service, count, more });
  if (entries === null) return null;
  return {
    lines: entries.flatMap(({ text, at }) => (text === null ? [] : [{ text, at }])),
    end: entries.at(-1)?.cursor ?? after,
  };
}

/**
 * The newest lines of a service since boot. Nothing if the journal cannot be read: etcd's own log, reported beside it, must not
 * be lost because of that.
 *
 * @param program `journalctl` or the path of one
 */
export async function journalTail(program: string, service: string, count: number): Promise<Tail> {
  return tailOf((await journalEntries(program, { service, count: mostLines, more: ['--boot'] })) ?? [], count);
}

/** The words of the newest entries, without stack traces. */
export function tailOf(entries: readonly JournalEntry[], count: number): Tail {
  const last = entries.at(-1);
  if (last === undefined) return nothingSaid;
  const said = entries.flatMap(({ text }) => text ?? []);
  return { lines: newestOf(said, count), at: last.at };
}

/**
 * The newest lines that a service itself wrote to its standard output and error, oldest first. null if journalctl cannot be run, or
 * does not answer within 5 s.
 *
 * @param program `journalctl` or the path of one
 * @param more further options, such as `--boot`
 */
async function journalEntries(
  program: string,
  { service, count, more }: { readonly service: string; readonly count: number; readonly more: readonly string[] },
): Promise<readonly JournalEntry[] | null> {
  const args = [
    ...['--quiet', '--no-pager', '--output=json', '--output-fields=MESSAGE', `--lines=${count}`, ...more],
    // journald sets these two fields for the writing process, and no other process can forge them. `--unit` would also
    // return systemd's own messages.
    ...[`_SYSTEMD_UNIT=${service}`, '_TRANSPORT=stdout'],
  ];
  const ended = await runAs(program, args, { patienceMs });
  return ended.error === null ? readEntries(ended.stdout) : null;
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
