/** What no answer of a coordinator contains. A bundle is sent to strangers, so it is looked for all the same (R11). */
const secrets: readonly (readonly [what: string, shape: RegExp])[] = [
  ['private key', /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g],
  ['join or login string', /\bpkt1\.[a-z0-9]+\.[A-Za-z0-9_-]+/g],
  ['age identity', /\bAGE-SECRET-KEY-[A-Z0-9-]+/gi],
  ['credentials in a URL', /(?<=:\/\/)[^\s/@"]+(?=@)/g],
];

/** The text with a mark in the place of each secret. */
export function withoutSecrets(text: string): string {
  return secrets.reduce((cleaned, [what, shape]) => cleaned.replace(shape, `(${what} removed)`), text);
}
