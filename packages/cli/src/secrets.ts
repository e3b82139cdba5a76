/**
 * Text without the secrets of join strings and without private keys, which someone may have pasted into the wrong place (R11).
 * Only for errors: the output of a command does not pass through it.
 */
export function withoutSecrets(text: string): string {
  return text
    .replaceAll(/pkt1\.([a-z0-9]{1,40})\.[\w.-]+/gi, 'pkt1.$1.…')
    .replaceAll(/-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----[\s\S]*?(-----END [A-Z0-9 ]*-----|$)/g, '(a private key)');
}
