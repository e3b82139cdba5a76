import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { codeOf } from './file-failure.ts';

/** The newest of what a program said. */
export interface Tail {
  /** Oldest first. */
  readonly lines: readonly string[];
  /** When the last of it was said, in milliseconds since the epoch; before all else where nothing was. */
  readonly at: number;
}

export const nothingSaid: Tail = { lines: [], at: Number.NEGATIVE_INFINITY };

const mostBytes = 64 * 1024;
const mostCharacters = 1000;
/** Two of them, in JSON's escapes, and what is around them fit into a line. */
const mostOfValue = 300;

/** The newest lines of a log; nothing where there is no log, or in its place a link or a file that has another name too. */
export async function logTail(path: string, count: number): Promise<Tail> {
  // The folder is etcd's: through a link in it, of either kind, a file that is none of etcd's would be told to the
  // coordinator (R11); and a pipe in it would be waited for.
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  try {
    const file = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    try {
      const { size, mtimeMs, nlink } = await file.stat();
      if (nlink > 1) return nothingSaid;
      const start = Math.max(0, size - mostBytes);
      const { buffer, bytesRead } = await file.read(Buffer.alloc(size - start), 0, size - start, start);
      const read = buffer.toString('utf8', 0, bytesRead).split('\n');
      // The first is cut where reading began in the middle of it.
      return { lines: newestOf(start === 0 ? read : read.slice(1), count), at: mtimeMs };
    } finally {
      await file.close();
    }
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ELOOP') return nothingSaid;
    throw error;
  }
}

/**
 * The last so many of the lines, each of 1000 characters at most. Stack traces are left out, those within a line of etcd's
 * log too: they would push out the words before them, which say why.
 */
export function newestOf(lines: readonly string[], count: number): string[] {
  return withoutTraces(lines)
    .filter((line) => line !== '')
    .map(shortened)
    .slice(-count);
}

/**
 * A line of etcd's log stays JSON, so that its level and its words are still read: it loses its stack trace first, then the
 * ends of long values, then all values but those that say what happened.
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
    // Torn by a power cut.
    return null;
  }
}

/** A trace goes from its `goroutine` on to the next line of the log proper, which is JSON. */
function withoutTraces(lines: readonly string[]): string[] {
  let inTrace = false;
  return lines.filter((line) => {
    if (line.startsWith('{')) inTrace = false;
    else if (/^goroutine \d+ \[/.test(line)) inTrace = true;
    return !inTrace;
  });
}
