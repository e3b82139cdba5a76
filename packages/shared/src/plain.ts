import { eachText } from './each-text.ts';

/**
 * Makes text from elsewhere safe for a terminal: operators see text that nodes sent, and a control sequence in it must not
 * take effect. Control characters (including C1 such as U+009B) and direction characters become `\uXXXX`, which JSON reads as
 * the same text.
 */
export function plain(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, escaped);
}

/** Like {@link plain}, but keeps line ends: for the whole output of a command. */
export function plainLines(text: string): string {
  return text.split('\n').map(plain).join('\n');
}

/** A value of JSON with all its texts {@link plain}, and the names of its fields. */
export function plainIn<Value>(value: Value): Value {
  return eachText(value, plain);
}

/** By UTF-16 units, as in JSON: a tag character is two units. */
function escaped(character: string): string {
  return character
    .split('')
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('');
}
