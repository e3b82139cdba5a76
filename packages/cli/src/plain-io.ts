import { plainLines } from '@picket/shared/plain.ts';
import type { Io, Output } from './io.ts';
import { clearLine, clearScreen, colourSequences } from './render/paint.ts';

/**
 * An {@link Io} for commands that print words from nodes. It lets no control characters through to a terminal except the
 * program's own, even if a renderer forgets to remove them. Its own ones are its colours, and at the beginning of a text the
 * sequence that clears the screen, or on stderr the line.
 */
export function plainIo(io: Io): Io {
  const own = io.isTTY ? colourSequences : [];
  const guarded = (output: Output, clearing: string | null): Output => ({
    write(text) {
      const clears = clearing !== null && text.startsWith(clearing);
      const rest = plainParts(clears ? text.slice(clearing.length) : text, own);
      return output.write(`${clears ? clearing : ''}${rest}`);
    },
  });
  return {
    ...io,
    stdout: guarded(io.stdout, io.isTTY ? clearScreen : null),
    stderr: guarded(io.stderr, io.progressColumns === null ? null : clearLine),
  };
}

function plainParts(text: string, [first, ...others]: readonly string[]): string {
  if (first === undefined) return plainLines(text);
  return text
    .split(first)
    .map((part) => plainParts(part, others))
    .join(first);
}
