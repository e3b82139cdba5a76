/**
 * Text from elsewhere made safe for a terminal: what nodes send ends on an operator's screen, and a control sequence in
 * it must not. Control characters, C1 such as U+009B among them, and direction characters become `\uXXXX`, which JSON
 * reads as the same text.
 */
export function plain(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, escaped);
}

/** As {@link plain}, with line ends kept: for all that a command writes. */
export function plainLines(text: string): string {
  return text.split('\n').map(plain).join('\n');
}

/** By UTF-16 units, as JSON has it: a tag character is two. */
function escaped(character: string): string {
  return character
    .split('')
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('');
}
