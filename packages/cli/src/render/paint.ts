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

/** Colours on a terminal alone, and not where NO_COLOR holds anything (no-color.org). */
export function paintFor(io: {
  readonly isTTY: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
}): Paint {
  return io.isTTY && (io.env.NO_COLOR ?? '') === '' && io.env.TERM !== 'dumb' ? colours : noPaint;
}
