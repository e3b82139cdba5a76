import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { codeOf } from './file-failure.ts';

const mostBytes = 64 * 1024;
const mostCharacters = 1000;

/**
 * The newest lines of a log, oldest first, each cut after 1000 characters; empty where there is no log, or a link in
 * its place. The stack trace of a panic is left out: it would push out the words before it, which say why.
 */
export async function logTail(path: string, lines: number): Promise<string[]> {
  try {
    // The folder is etcd's: through a link in it, a file that is none of etcd's would be told to the coordinator (R11).
    const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
    try {
      const { size } = await file.stat();
      const start = Math.max(0, size - mostBytes);
      const { buffer, bytesRead } = await file.read(Buffer.alloc(size - start), 0, size - start, start);
      const read = buffer.toString('utf8', 0, bytesRead).split('\n');
      // The first is cut where reading began in the middle of it.
      const whole = start === 0 ? read : read.slice(1);
      return withoutTraces(whole)
        .filter((line) => line !== '')
        .map((line) => line.slice(0, mostCharacters))
        .slice(-lines);
    } finally {
      await file.close();
    }
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ELOOP') return [];
    throw error;
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
