import { badRequest, unauthorized } from './by-status.ts';
/** Errors about certificates, requests for certificates, and keys. */
export const pkiErrors = {
  pem_malformed: badRequest(
    'The PEM text of {what} is not valid: {problem}.',
    'It must have complete blocks from -----BEGIN …----- to -----END …-----, and no other text.',
  ),
  csr_malformed: badRequest(
    'The certificate signing request cannot be read: {problem}.',
    'Make a new one (PKCS#10, PEM), for example with `openssl req -new`.',
  ),
  csr_key_unsupported: badRequest(
    'The certificate signing request is for {problem}, which is not supported.',
    'Use a P-256 key (named curve), or an RSA key of 2048 to 4096 bits with exponent 65537.',
  ),
  csr_signature_invalid: badRequest(
    'The certificate signing request does not prove that its sender has the key: {problem}.',
    'Sign it with its own key and SHA-256. If the file may have been changed on its way, send it again.',
  ),
  csr_asks_for_ca: badRequest(
    'The certificate signing request asks to be a certificate authority.',
    'Make it without extensions: the coordinator takes the rights of a certificate only from the spec.',
  ),
  csr_asks_for_names: badRequest(
    'The certificate signing request asks for names: {names}.',
    'Make it without subjectAltName: the coordinator takes names only from the spec. To add a name, an operator changes the spec.',
  ),
  csr_asks_for_more: badRequest(
    'The certificate signing request asks for more than a certificate: {asked}.',
    'Make it without attributes and extensions: the coordinator takes the content of a certificate only from the spec.',
  ),
  certificate_malformed: badRequest(
    'The certificate cannot be read: {problem}.',
    'Check that it is the right file and that it is complete: `openssl x509 -in FILE -text`.',
  ),
  certificate_untrusted: unauthorized(
    'The certificate {certificate} is not trusted: {problem}.',
    'Compare its issuer with the trusted authorities. An authority that was made a second time with the same name is another authority.',
  ),
  certificate_not_yet_valid: unauthorized(
    'The certificate {certificate} is valid only from {notBefore}; the time here is {now}.',
    'Check the clock of this machine and that of the machine that issued the certificate.',
  ),
  certificate_expired: unauthorized(
    'The certificate {certificate} ended at {notAfter}; the time here is {now}.',
    'Check the clock of this machine. If it is right, renew the certificate.',
  ),
  name_invalid: badRequest(
    'The {kind} "{name}" cannot be part of a certificate: {problem}.',
    'Correct it in the spec or in the command that names it.',
  ),
  lifetime_refused: badRequest(
    'A certificate from {notBefore} to {notAfter} cannot be issued: {problem}.',
    'Ask for a shorter lifetime. If the authority is near its end, replace it first.',
  ),
  authority_unusable: badRequest(
    'The authority {authority} cannot issue certificates: {problem}.',
    'Use the certificate of an authority together with its own private key.',
  ),
  key_malformed: badRequest(
    'The private key cannot be read: {problem}.',
    'Use one complete PEM block with the private key (PKCS#8, SEC 1 or PKCS#1).',
  ),
  key_passphrase_wrong: badRequest(
    'The private key cannot be decrypted: the passphrase is wrong, or the key file is damaged.',
    'Check that the passphrase file belongs to this key.',
  ),
  key_unsupported: badRequest(
    'Picket cannot issue certificates for, or sign them with, {problem}.',
    'Use a P-256 key (named curve), or an RSA key of 2048 to 4096 bits with exponent 65537.',
  ),
  credential_mismatch: badRequest(
    'The private key does not belong to the certificate {certificate}.',
    'Use the certificate together with the key that its request was made with. With another key, every TLS handshake fails.',
  ),
  bundle_holds_key: badRequest(
    'The certificate bundle holds a private key.',
    'Remove the key from the bundle: bundles are published. If this bundle was already published, replace that key.',
  ),
} as const;
