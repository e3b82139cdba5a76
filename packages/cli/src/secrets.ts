/** What is a secret by its form, and what stands in its place. */
const secrets: readonly (readonly [shape: RegExp, instead: string])[] = [
  [/pkt1\.([a-z0-9]{1,40})\.[\w.-]+/gi, 'pkt1.$1.…'],
  [/-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----[\s\S]*?(-----END [A-Z0-9 ]*-----|$)/g, '(a private key)'],
  [/\bAGE-SECRET-KEY-[A-Z0-9-]+/gi, '(an age identity)'],
  [/(?<=:\/\/)[^\s/@"]+(?=@)/g, '…'],
];

/**
 * Text without the secrets of join strings, without private keys and age identities, and without credentials in URLs, which
 * someone may have pasted into the wrong place (R11). For errors and bundles: the output of a command does not pass through it.
 */
export function withoutSecrets(text: string): string {
  return secrets.reduce((cleaned, [shape, instead]) => cleaned.replaceAll(shape, instead), text);
}
