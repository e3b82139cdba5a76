import { withoutPrivateKeys } from './secrets/private-keys.ts';

type Shapes = readonly (readonly [shape: RegExp, instead: string])[];

/** What is a secret by its form, and what stands in its place. */
const secrets: Shapes = [
  [/pkt1\.([a-z0-9]{1,40})\.[\w.-]+/gi, 'pkt1.$1.…'],
  [/\bAGE-SECRET-KEY-[A-Z0-9-]+/gi, '(an age identity)'],
  [/(?<=:\/\/)[^\s/@"]+(?=@)/g, '…'],
];

/**
 * Text without the secrets of join strings, without private keys and age identities, and without credentials in URLs, which
 * someone may have pasted into the wrong place (R11). For errors and bundles: the output of a command does not pass through it.
 */
export function withoutSecrets(text: string): string {
  return without(secrets, text);
}

const secretName = '[\\w-]{0,40}(?:password|passwd|passphrase|secret|token|authorization|api[_-]?key)';

/** More than the general shapes: a log quotes what other programs sent. A quote may have backslashes before it, in a text within JSON. */
const inLogs: Shapes = [
  ...secrets,
  // The rest of a private key whose first line is not in the text.
  [/^[A-Za-z0-9+/]{40,}={0,2}(?:\n[A-Za-z0-9+/]{40,}={0,2})*(?:\n[A-Za-z0-9+/]{1,39}={0,2})?$/gm, '(base64)'],
  // The value of a key, as etcd prints a request or a response.
  [/\b(\w{0,20}value:\s{0,3})(\\*)"(?:[^\n]*?(?<!\\)\2"|[^\n]*)/gi, '$1$2"…$2"'],
  [
    new RegExp(`(\\\\{0,32})"(${secretName})\\1"(\\s*:\\s*)\\1"(?:[^\\n]*?(?<!\\\\)\\1"|[^\\n]*)`, 'gi'),
    '$1"$2$1"$3$1"…$1"',
  ],
  [new RegExp(`\\b(${secretName}\\s?[=:]\\s?(?:bearer\\s|basic\\s)?)[^\\s"'\\\\,;&]+`, 'gi'), '$1…'],
  [/\b(bearer\s)[\w.~+/=-]+/gi, '$1…'],
  [/\beyJ[\w-]{8,2000}\.[\w-]{0,4000}(?:\.[\w-]*)?/g, '(a token)'],
  // The token of a k3s server.
  [/\bK10[0-9a-f]{64}(?:::)?[^\s"'\\]*/gi, '(a token)'],
];

/**
 * The lines of a log without what {@link withoutSecrets} removes, and without the values of keys, passwords and tokens. The names of
 * keys stay: they show which request etcd means. Fewer lines may come back, since a private key has several.
 *
 * @param lines each at most `longest` characters long are kept whole; a longer one is cut
 */
export function logWithoutSecrets(lines: readonly string[], longest: number): string[] {
  // A search takes longer the longer its line is, and cutting first must not leave half of a secret.
  const text = lines.map((line) => (line.length > 2 * longest ? withoutLastWord(line.slice(0, 2 * longest)) : line));
  return without(inLogs, text.join('\n'))
    .split('\n')
    .map((line) => (line.length > longest ? `${line.slice(0, longest - 1)}…` : line));
}

function withoutLastWord(text: string): string {
  const end = Math.max(...[' ', ',', '"'].map((mark) => text.lastIndexOf(mark))) + 1;
  return `${text.slice(0, end)}…`;
}

function without(shapes: Shapes, text: string): string {
  return shapes.reduce((cleaned, [shape, instead]) => cleaned.replaceAll(shape, instead), withoutPrivateKeys(text));
}
