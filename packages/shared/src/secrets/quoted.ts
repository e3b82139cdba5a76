import { matchAt } from './match-at.ts';

/** The quote that opens a text here, with the backslashes that it has within JSON; empty if none does. */
export function quotesAt(text: string, at: number): string {
  return matchAt(/\\*["']/y, text, at);
}

export interface Quoted {
  /** Behind the closing quote; where the line or the text around it ends, if it has none. */
  readonly until: number;
  readonly isClosed: boolean;
}

/**
 * Where the quoted text ends that begins here. Within JSON of JSON each quote has more backslashes before it: a quote with fewer of them
 * belongs to the text around this one, and of those with more, some are part of it.
 *
 * @param quotes what {@link quotesAt} found here
 */
export function endOfQuoted(text: string, at: number, quotes: string): Quoted {
  const quote = quotes.slice(-1);
  const slashes = quotes.length - 1;
  const inside = at + quotes.length;
  const marks = /["'\n]/g;
  marks.lastIndex = inside;
  for (let found = marks.exec(text); found !== null; found = marks.exec(text)) {
    const [mark] = found;
    if (mark === '\n') return { until: found.index, isClosed: false };
    if (mark !== quote) continue;
    let before = 0;
    while (found.index - before > inside && text[found.index - before - 1] === '\\') before += 1;
    if (before < slashes) return { until: found.index - before, isClosed: false };
    if ((before - slashes) % (2 * slashes + 2) === 0) return { until: found.index + 1, isClosed: true };
  }
  return { until: text.length, isClosed: false };
}
