import { styleText } from 'node:util';

/** How good something is, as a colour; without colours the text alone says it. */
export interface Paint {
  good(text: string): string;
  doubtful(text: string): string;
  bad(text: string): string;
}

export const noPaint: Paint = { good: (text) => text, doubtful: (text) => text, bad: (text) => text };

const colours: Paint = {
  good: (text) => styleText('green', text, { validateStream: false }),
  doubtful: (text) => styleText('yellow', text, { validateStream: false }),
  bad: (text) => styleText('red', text, { validateStream: false }),
};

/** All that {@link paintFor} may wrap a text in. */
export const colourSequences: readonly string[] = [
  ...new Set(Object.values(colours).flatMap((paint: Paint['good']) => paint('|').split('|'))),
];

/** Empties the screen and what can be scrolled back to; a text to be shown alone begins with it. */
export const clearScreen = '\u001b[H\u001b[2J\u001b[3J';

/** Colours on a terminal alone, and not where NO_COLOR holds anything (no-color.org). */
export function paintFor(io: {
  readonly isTTY: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
}): Paint {
  return io.isTTY && (io.env.NO_COLOR ?? '') === '' && io.env.TERM !== 'dumb' ? colours : noPaint;
}
