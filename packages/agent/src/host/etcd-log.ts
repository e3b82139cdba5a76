import type { EtcdUnit } from './host.ts';
import { logTail, type Tail } from './log-tail.ts';

/** A console that was silent for longer before the log's last line tells of an earlier run: a panic bears no date. */
const sameRunMs = 60_000;

/** {@link joinTails} of etcd's log and a console that is a file. */
export async function etcdLogTail(
  { logFile, consoleFile }: Pick<EtcdUnit, 'logFile' | 'consoleFile'>,
  count: number,
): Promise<string[]> {
  const [logged, said] = await Promise.all([logTail(logFile, count), logTail(consoleFile, count)]);
  return joinTails(logged, said, count);
}

/**
 * The newest lines of what etcd said, oldest first, from both its own log and its console, so that the last ones tell
 * why it ended: a bad configuration speaks on the console alone, a fatal error in the log alone, a panic in both, and of
 * these only the log tells the reason, so that the console's is left out. What was said last comes last; the other keeps
 * room for a quarter of the lines.
 */
export function joinTails(logged: Tail, said: Tail, count: number): string[] {
  const panics = new Set(logged.lines.map(panicOf));
  const news = said.lines.filter((line) => !panics.has(line));
  if (said.at >= logged.at) return joined(logged.lines, news, count);
  return joined(logged.at - said.at > sameRunMs ? [] : news, logged.lines, count);
}

/** How a panic of this line of the log is told on the console. */
function panicOf(line: string): string | null {
  const [, words] = /^\{"level":"panic",.*?"msg":("(?:[^"\\]|\\.)*")/.exec(line) ?? [];
  try {
    return words === undefined ? null : `panic: ${String(JSON.parse(words))}`;
  } catch {
    // Torn by a power cut.
    return null;
  }
}

function joined(older: readonly string[], newer: readonly string[], count: number): string[] {
  const kept = Math.min(older.length, Math.max(Math.floor(count / 4), count - newer.length));
  return [...lastOf(older, kept), ...lastOf(newer, count - kept)];
}

function lastOf(lines: readonly string[], count: number): readonly string[] {
  return count === 0 ? [] : lines.slice(-count);
}
