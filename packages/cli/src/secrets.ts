/**
 * Text without what must never be shown (R11): the secrets of join strings and private keys that someone pasted
 * into the wrong place. For errors alone; what a command is to show goes past it.
 */
export function withoutSecrets(text: string): string {
  return text
    .replaceAll(/pkt1\.([a-z0-9]{1,40})\.[\w.-]+/gi, 'pkt1.$1.…')
    .replaceAll(/-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----[\s\S]*?(-----END [A-Z0-9 ]*-----|$)/g, '(a private key)');
}
