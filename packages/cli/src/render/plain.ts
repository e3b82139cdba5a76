/**
 * Text from elsewhere made safe for a terminal: what nodes send ends on an operator's screen, and an escape sequence
 * in it must not. Control and direction characters become `\uXXXX`.
 */
export function plain(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, escaped);
}

/** As {@link plain}, with line ends kept. */
export function plainLines(text: string): string {
  return text.split('\n').map(plain).join('\n');
}

function escaped(character: string): string {
  return `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`;
}
