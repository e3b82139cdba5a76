import { plainLines } from '@picket/shared/plain.ts';
import type { Io, Output } from './io.ts';
import { clearScreen, colourSequences } from './render/paint.ts';

/**
 * The outer world for commands whose words may come from nodes: no control character that is not the program's own
 * reaches a terminal, whatever a renderer forgets. On a terminal the program's own are its colours, and the sequence that
 * clears the screen where a text begins with it.
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
