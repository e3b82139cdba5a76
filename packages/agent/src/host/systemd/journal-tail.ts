import { newestOf, nothingSaid, type Tail } from '../log-tail.ts';
import { type JournalEntry, journalEntries } from './journal-entries.ts';

/** More than are wanted: the stack trace of a panic follows the words that give its reason, and is dropped. */
const mostLines = 500;

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
