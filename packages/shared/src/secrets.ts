import { eachText } from './each-text.ts';
import { quote } from './problems.ts';
import { withoutNamedValues } from './secrets/named-values.ts';
import { withoutPrivateKeys } from './secrets/private-keys.ts';

type Shapes = readonly (readonly [shape: RegExp, instead: (found: string) => string])[];

/** What is a secret by its form, and what stands in its place. */
const shapes: Shapes = [
  [/pkt1\.[a-z0-9]{1,40}\.[\w.-]+/gi, withoutJoinSecret],
  [/\bAGE-SECRET-KEY-[A-Z0-9-]+/gi, () => '(an age identity)'],
  // Not all programs encode `#` and `?` in a password.
  [/:\/\/[^\s/"]+/g, withoutLogin],
  // The token of a k3s server.
  [/\bK10[0-9a-f]{64}[^\s"'\\]*/gi, () => '(a token)'],
  // The rest of a private key whose first line is not in the text.
  [/^[A-Za-z0-9+/]{40,}={0,2}(?:\n[A-Za-z0-9+/]{40,}={0,2})*(?:\n[A-Za-z0-9+/]{1,39}={0,2})?$/gm, withoutBase64],
  // PEM in base64, as kubeconfig has it.
  [/LS0tLS1CRUdJTi[\w+/-]*={0,2}/g, () => '(base64)'],
  [/(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{60,}={0,2}/g, withoutBase64],
  [/\bbearer[ \t]+[\w.~+/=-]+/gi, (found) => (isBearerToken(found) ? `${firstWord(found)} …` : found)],
  [/\bbasic[ \t]+[\w+/-]{4,}={0,2}/gi, (found) => (isLogin(found) ? `${firstWord(found)} …` : found)],
  // The option of etcdctl and of curl.
  [/--user(?:[= \t]|\\*",[ \t]*\\*")[^\s:"'\\]{1,100}:[^\s"'\\]+/g, (found) => found.replace(/:.*/, ':…')],
  [/(?<![\w-])[\w-]{11,}\.[\w-]*(?:\.[\w-]*){0,3}/g, withoutWebToken],
];

/** In characters. Much more than is shown, so that a secret in what is shown is seen whole. */
const longestForeign = 1000;

/**
 * Text without private keys, age identities, the secrets of join strings, credentials in URLs, tokens, and the values of passwords and
 * the like, which someone may have pasted into the wrong place (R11). For errors, bundles and the audit log: the output of a command does
 * not pass through it. Takes linear time.
 */
export function withoutSecrets(text: string): string {
  return clean(text, false);
}

/** A value of JSON, each string of which is {@link withoutSecrets} of what it was, also each name of a field. */
export function withoutSecretsIn<Value>(value: Value): Value {
  return eachText(value, withoutSecrets);
}

/**
 * Text of a request, of a node or of a file for an error: {@link quote}d without its secrets. A text of any length costs no more than a
 * short one: what is beyond its beginning is not looked at.
 */
export function quoteForeign(text: string): string {
  return quote(withoutSecrets(text.slice(0, longestForeign)));
}

/** Says of a text that is stored and shown that it contains a secret, as the end of a sentence; null if it contains none. */
export function secretProblem(text: string): string | null {
  const cleaned = withoutSecrets(text);
  return cleaned === text ? null : `contains what looks like a secret; leave that out: ${quote(cleaned)}`;
}

/**
 * The lines of a log without what {@link withoutSecrets} removes, and without the values of keys. The names of keys stay: they show which
 * request etcd means. Fewer lines may come back, since a private key has several.
 *
 * @param lines each at most `longest` characters long are kept whole; a longer one is cut
 */
export function logWithoutSecrets(lines: readonly string[], longest: number): string[] {
  // Cutting first must not leave half of a secret.
  const text = lines.map((line) => (line.length > 2 * longest ? withoutLastWord(line.slice(0, 2 * longest)) : line));
  return clean(text.join('\n'), true)
    .split('\n')
    .map((line) => (line.length > longest ? `${line.slice(0, longest - 1)}…` : line));
}

function clean(text: string, isLog: boolean): string {
  const named = withoutNamedValues(withoutPrivateKeys(text), isLog);
  return shapes.reduce((cleaned, [shape, instead]) => cleaned.replaceAll(shape, instead), named);
}

function withoutLastWord(text: string): string {
  const end = Math.max(...[' ', ',', '"'].map((mark) => text.lastIndexOf(mark))) + 1;
  return `${text.slice(0, end)}…`;
}

/** A path, a number, and a hash in hexadecimal digits stay. */
function withoutBase64(text: string): string {
  const isMixed = [/[a-z]/, /[A-Z]/, /[0-9]/].every((kind) => kind.test(text));
  return isMixed ? '(base64)' : text;
}

/** Of a URL from `://` to the end of its host. */
function withoutLogin(found: string): string {
  const host = found.lastIndexOf('@');
  return host > '://'.length ? `://…${found.slice(host)}` : found;
}

function withoutJoinSecret(joinString: string): string {
  // As messages describe it.
  if (joinString.startsWith('pkt1.ID.SECRET.PIN')) return joinString;
  return `${joinString.split('.').slice(0, 2).join('.')}.…`;
}

function firstWord(text: string): string {
  return text.split(/\s/, 1)[0] ?? '';
}

/** Whether `bearer …` is no sentence. */
function isBearerToken(bearer: string): boolean {
  const token = bearer.slice('bearer'.length).trim();
  return /\d/.test(token) || token.length >= 20;
}

/** Whether `basic …` is a user and a password, and no sentence. */
function isLogin(basic: string): boolean {
  const decoded = Buffer.from(basic.slice('basic'.length).trim(), 'base64').toString('latin1');
  return /^[\x20-\x7e\x80-\xff]*$/.test(decoded) && decoded.includes(':');
}

/** A JSON web token: its first part is base64 of `{"…`. */
function withoutWebToken(words: string): string {
  const start = words.indexOf('eyJ');
  const isToken = start !== -1 && words.indexOf('.') - start >= 11;
  return isToken ? `${words.slice(0, start)}(a token)` : words;
}
