import { plain } from '@picket/shared/plain.ts';
import type { Io } from '../io.ts';
import { clearLine } from '../render/paint.ts';

/**
 * Shows on stderr what a command waits for: on a terminal as one line that is rewritten, else as a line for each change.
 *
 * @param isQuiet shows nothing where no line can be rewritten
 */
export function progressLine({ stderr, progressColumns }: Pick<Io, 'stderr' | 'progressColumns'>, isQuiet: boolean) {
  let last: string | null = null;
  return {
    /** @param likeness is equal for two texts of which the second is no news */
    show(text: string, likeness: string) {
      const line = `Waiting: ${plain(text)}`;
      if (progressColumns !== null) stderr.write(`${clearLine}${cut(line, progressColumns - 1)}`);
      else if (!isQuiet && likeness !== last) stderr.write(`${line}\n`);
      last = likeness;
    },
    /** Removes the line from the terminal. */
    end() {
      if (progressColumns !== null && last !== null) stderr.write(clearLine);
      last = null;
    },
  };
}

function cut(line: string, most: number): string {
  return line.length <= most ? line : `${line.slice(0, Math.max(0, most - 1))}…`;
}
