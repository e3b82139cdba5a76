import type { EtcdUnit } from './host.ts';
import { logTail, type Tail } from './log-tail.ts';

/**
 * If the console was silent for longer than this before the log's last line, it is from an earlier run: a panic has no
 * date.
 */
const sameRunMs = 60_000;

/** {@link joinTails} for etcd's log and a console that is a file. */
export async function etcdLogTail(
  { logFile, consoleFile }: Pick<EtcdUnit, 'logFile' | 'consoleFile'>,
  count: number,
): Promise<string[]> {
  const [logged, said] = await Promise.all([logTail(logFile, count), logTail(consoleFile, count)]);
  return joinTails(logged, said, count);
}

/**
 * The newest lines from etcd's log and its console, oldest first, so that the last ones show why etcd ended. A wrong
 * configuration appears only on the console, and a fatal error only in the log. A panic appears in both, but only the
 * log has its reason, so the console's copy is dropped. The source with the latest line comes last; the other one keeps
 * a quarter of the lines.
 */
export function joinTails(logged: Tail, said: Tail, count: number): string[] {
  const panics = new Set(logged.lines.map(panicOf));
  const news = said.lines.filter((line) => !panics.has(line));
  if (said.at >= logged.at) return joined(logged.lines, news, count);
  return joined(logged.at - said.at > sameRunMs ? [] : news, logged.lines, count);
}

/** The form in which the console shows a panic of this line of the log. */
function panicOf(line: string): string | null {
  const [, words] = /^\{"level":"panic",.*?"msg":("(?:[^"\\]|\\.)*")/.exec(line) ?? [];
  try {
    return words === undefined ? null : `panic: ${String(JSON.parse(words))}`;
  } catch {
    // A power cut may have truncated it.
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
