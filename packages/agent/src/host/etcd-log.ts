import { stat } from 'node:fs/promises';
import { codeOf } from './file-failure.ts';
import type { EtcdUnit } from './host.ts';
import { logTail } from './log-tail.ts';

/** A console that was silent for longer before the log's last line tells of an earlier run: a panic bears no date. */
const sameRunMs = 60_000;

/**
 * The newest lines of what etcd said, oldest first, from both its own log and its console, so that the last ones tell
 * why it ended: a bad configuration speaks on the console alone, a fatal error in the log alone, a panic in both, and of
 * these only the log tells the reason, so that the console's is left out. The file that was written last comes last; the
 * other keeps room for a quarter of the lines. Empty where there is neither.
 */
export async function etcdLogTail(
  { logFile, consoleFile }: Pick<EtcdUnit, 'logFile' | 'consoleFile'>,
  lines: number,
): Promise<string[]> {
  const [logged, said, loggedAt, saidAt] = await Promise.all([
    logTail(logFile, lines),
    logTail(consoleFile, lines),
    writtenAt(logFile),
    writtenAt(consoleFile),
  ]);
  const panics = new Set(logged.map(panicOf));
  const news = said.filter((line) => !panics.has(line));
  if (saidAt >= loggedAt) return joined(logged, news, lines);
  return joined(loggedAt - saidAt > sameRunMs ? [] : news, logged, lines);
}

/** How a panic of this line of the log is told on the console. */
function panicOf(line: string): string | null {
  const [, words] = /^\{"level":"panic",.*?"msg":("(?:[^"\\]|\\.)*")/.exec(line) ?? [];
  return words === undefined ? null : `panic: ${String(JSON.parse(words))}`;
}

function joined(older: readonly string[], newer: readonly string[], lines: number): string[] {
  const kept = Math.min(older.length, Math.max(Math.floor(lines / 4), lines - newer.length));
  return [...lastOf(older, kept), ...lastOf(newer, lines - kept)];
}

function lastOf(lines: readonly string[], count: number): readonly string[] {
  return count === 0 ? [] : lines.slice(-count);
}

/** Milliseconds since the epoch; before all else where there is no such file. */
async function writtenAt(path: string): Promise<number> {
  try {
    return (await stat(path)).mtimeMs;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return Number.NEGATIVE_INFINITY;
    throw error;
  }
}
