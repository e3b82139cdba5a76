import { styleText } from 'node:util';

/** A colour for how good something is. Without colours the text says the same. */
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

const signs = { good: '•', doubtful: '!', bad: '×' } as const;

/** The text in its colour, with a sign before it that says the same to those who see no colours. */
export function marked(grade: keyof typeof signs, text: string, paint: Paint): string {
  return paint[grade](`${signs[grade]} ${text}`);
}

/** All escape sequences that {@link paintFor} may use. */
export const colourSequences: readonly string[] = [
  ...new Set(Object.values(colours).flatMap((paint: Paint['good']) => paint('|').split('|'))),
];

/** Clears the screen and its scrollback. A text that should be alone on the screen begins with it. */
export const clearScreen = '\u001b[H\u001b[2J\u001b[3J';

/** Returns to the start of the line and empties it. A text that replaces the line before it begins with it. */
export const clearLine = '\r\u001b[K';

/** Colours only on a terminal, and only if NO_COLOR is empty (no-color.org). */
export function paintFor(io: {
  readonly isTTY: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
}): Paint {
  return io.isTTY && (io.env.NO_COLOR ?? '') === '' && io.env.TERM !== 'dumb' ? colours : noPaint;
}
