/** What a player typed cannot be understood; the message says what to type instead. */
export class BadLine extends Error {}

/**
 * The words of a line, separated as a shell separates them: quotes keep spaces, and a backslash keeps the next character.
 * Nothing is expanded. Throws BadLine if a quote is not closed.
 */
export function wordsOf(line: string): readonly string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote: string | undefined;
  for (let at = 0; at < line.length; at += 1) {
    const character = line.charAt(at);
    if (quote !== undefined && character === quote) quote = undefined;
    else if (character === '\\' && quote !== "'" && at + 1 < line.length) {
      at += 1;
      word = (word ?? '') + line.charAt(at);
    } else if (quote !== undefined) word = (word ?? '') + character;
    else if (character === "'" || character === '"') {
      quote = character;
      word ??= '';
    } else if (/\s/.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? '') + character;
  }
  if (quote !== undefined)
    throw new BadLine(`A quote is not closed. Type the line again with the missing ${quote} at its end.`);
  return word === undefined ? words : [...words, word];
}

/** The text in lines of at most `width` characters, broken between words only. */
export function wrapped(text: string, width: number): string {
  const lines: string[] = [];
  for (const word of text.trim().split(/\s+/)) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines.join('\n');
}
