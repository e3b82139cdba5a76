import type { EtcdUnit } from './host.ts';
import { nullIfNoFile, readPart, unfollowed } from './read-part.ts';

/** The newest lines of a program's output. */
export interface Tail {
  /** Oldest first. */
  readonly lines: readonly string[];
  /** The time of the last line, in milliseconds since the epoch; a time before all others if there is no line. */
  readonly at: number;
}

export const nothingSaid: Tail = { lines: [], at: Number.NEGATIVE_INFINITY };

const mostBytes = 64 * 1024;
const mostCharacters = 1000;
/** The size lets two of them, with JSON's escapes and their surroundings, fit into a line. */
const mostOfValue = 300;

/** The newest lines of a log. Nothing if there is no log, or if it is a link or a file with a second name. */
export async function logTail(path: string, count: number): Promise<Tail> {
  const part = await readPart(path, unfollowed, ({ size, nlink }) => {
    // A name that etcd's user gave to another file.
    if (nlink > 1) return null;
    const start = Math.max(0, size - mostBytes);
    return { start, length: size - start };
  }).catch(nullIfNoFile);
  if (part === null) return nothingSaid;
  const read = part.octets.toString('utf8').split('\n');
  // The first line is partial if reading began in the middle of it.
  return { lines: newestOf(part.start === 0 ? read : read.slice(1), count), at: part.found.mtimeMs };
}

/**
 * The last lines, up to this number, each of at most 1000 characters. Drops stack traces, also those within a line of
 * etcd's log, and etcd's usage: they would push out the words before them, which give the reason. See {@link lastOf}.
 */
export function newestOf(lines: readonly string[], count: number): string[] {
  return lastOf(
    withoutTraces(lines)
      .filter((line) => line !== '')
      .map(shortened),
    count,
  );
}

/**
 * Keeps a line of etcd's log valid JSON, so that its level and message stay readable. It first drops the stack trace,
 * then the ends of long values, then all values except those that say what happened.
 */
function shortened(line: string): string {
  if (line.length <= mostCharacters && !line.includes('"stacktrace":')) return line;
  const entry = entryOf(line);
  if (entry === null) return line.slice(0, mostCharacters);
  const { stacktrace: _trace, ...said } = entry;
  const cut = Object.fromEntries(
    Object.entries(said).map(([key, value]) => [key, typeof value === 'string' ? value.slice(0, mostOfValue) : value]),
  );
  const { level, ts, msg, error } = cut;
  const forms = [said, cut, { level, ts, msg, error }].map((form) => JSON.stringify(form));
  return forms.find((form) => form.length <= mostCharacters) ?? line.slice(0, mostCharacters);
}

function entryOf(line: string): Readonly<Record<string, unknown>> | null {
  if (!line.startsWith('{')) return null;
  try {
    return JSON.parse(line) as Readonly<Record<string, unknown>>;
  } catch {
    // A power cut may have truncated it.
    return null;
  }
}

/**
 * A trace reaches from its `goroutine` to the next line of the log proper, which is JSON. What etcd prints of its usage after a flag
 * that it refuses is indented.
 */
function withoutTraces(lines: readonly string[]): string[] {
  let inTrace = false;
  let inUsage = false;
  return lines.filter((line) => {
    if (line.startsWith('{')) inTrace = false;
    else if (/^goroutine \d+ \[/.test(line)) inTrace = true;
    inUsage = line === 'Usage:' || (inUsage && (line === '' || line.startsWith(' ')));
    return !inTrace && !inUsage;
  });
}

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

/** etcd names its data directory at its start. */
const namesData = (line: string) => line.includes('"data-dir":"');

/**
 * The last lines. The first of them gives way to the last one before it that names a data directory, if none of them does: etcd
 * 3.6 logs more than 20 lines before it ends over damaged data, and without that line it is not known whose data is damaged. Whoever
 * asks for a few lines wants etcd's last words alone.
 */
function lastOf(lines: readonly string[], count: number): string[] {
  if (count === 0) return [];
  const last = lines.slice(-count);
  const start = count < 5 || last.some(namesData) ? undefined : lines.slice(0, -count).findLast(namesData);
  return start === undefined ? last : [start, ...last.slice(1)];
}
