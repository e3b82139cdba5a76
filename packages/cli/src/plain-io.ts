import { plainLines } from '@picket/shared/plain.ts';
import type { Io, Output } from './io.ts';
import { clearScreen, colourSequences } from './render/paint.ts';

/**
 * An {@link Io} for commands that print words from nodes. It lets no control characters through to a terminal except the
 * program's own, even if a renderer forgets to remove them. Its own ones are its colours, and the sequence that clears the
 * screen at the beginning of a text.
 */
export function plainIo(io: Io): Io {
  const own = io.isTTY ? colourSequences : [];
  const guarded = (output: Output): Output => ({
    write(text) {
      const clears = io.isTTY && text.startsWith(clearScreen);
      const rest = plainParts(clears ? text.slice(clearScreen.length) : text, own);
      return output.write(`${clears ? clearScreen : ''}${rest}`);
    },
  });
  return { ...io, stdout: guarded(io.stdout), stderr: guarded(io.stderr) };
}

function plainParts(text: string, [first, ...others]: readonly string[]): string {
  if (first === undefined) return plainLines(text);
  return text
    .split(first)
    .map((part) => plainParts(part, others))
    .join(first);
}
