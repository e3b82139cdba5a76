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
 * The last so many of the lines, each cut after 1000 characters. The stack trace of a panic is left out: it would push
 * out the words before it, which say why.
 */
export function newestOf(lines: readonly string[], count: number): string[] {
  return withoutTraces(lines)
    .filter((line) => line !== '')
    .map((line) => line.slice(0, mostCharacters))
    .slice(-count);
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
