/** Errors about certificates, requests for certificates, and keys. */
export const pkiErrors = {
  pem_malformed: {
    status: 400,
    message: 'The PEM text of {what} is not valid: {problem}.',
    hint: 'It must have complete blocks from -----BEGIN …----- to -----END …-----, and no other text.',
  },
  csr_malformed: {
    status: 400,
    message: 'The certificate signing request cannot be read: {problem}.',
    hint: 'Make a new one (PKCS#10, PEM), for example with `openssl req -new`.',
  },
  csr_key_unsupported: {
    status: 400,
    message: 'The certificate signing request is for {problem}, which is not supported.',
    hint: 'Use a P-256 key (named curve), or an RSA key of 2048 to 4096 bits with exponent 65537.',
  },
  csr_signature_invalid: {
    status: 400,
    message: 'The certificate signing request does not prove that its sender has the key: {problem}.',
    hint: 'Sign it with its own key and SHA-256. If the file may have been changed on its way, send it again.',
  },
  csr_asks_for_ca: {
    status: 400,
    message: 'The certificate signing request asks to be a certificate authority.',
    hint: 'Make it without extensions: the coordinator takes the rights of a certificate only from the spec.',
  },
  csr_asks_for_names: {
    status: 400,
    message: 'The certificate signing request asks for names: {names}.',
    hint: 'Make it without subjectAltName: the coordinator takes names only from the spec. To add a name, an operator changes the spec.',
  },
  csr_asks_for_more: {
    status: 400,
    message: 'The certificate signing request asks for more than a certificate: {asked}.',
    hint: 'Make it without attributes and extensions: the coordinator takes the content of a certificate only from the spec.',
  },
  certificate_malformed: {
    status: 400,
    message: 'The certificate cannot be read: {problem}.',
    hint: 'Check that it is the right file and that it is complete: `openssl x509 -in FILE -text`.',
  },
  certificate_untrusted: {
    status: 401,
    message: 'The certificate {certificate} is not trusted: {problem}.',
    hint: 'Compare its issuer with the trusted authorities. An authority that was made a second time with the same name is another authority.',
  },
  certificate_not_yet_valid: {
    status: 401,
    message: 'The certificate {certificate} is valid only from {notBefore}; the time here is {now}.',
    hint: 'Check the clock of this machine and that of the machine that issued the certificate.',
  },
  certificate_expired: {
    status: 401,
    message: 'The certificate {certificate} ended at {notAfter}; the time here is {now}.',
    hint: 'Check the clock of this machine. If it is right, renew the certificate.',
  },
  name_invalid: {
    status: 400,
    message: 'The {kind} "{name}" cannot be part of a certificate: {problem}.',
    hint: 'Correct it in the spec or in the command that names it.',
  },
  lifetime_refused: {
    status: 400,
    message: 'A certificate from {notBefore} to {notAfter} cannot be issued: {problem}.',
    hint: 'Ask for a shorter lifetime. If the authority is near its end, replace it first.',
  },
  authority_unusable: {
    status: 400,
    message: 'The authority {authority} cannot issue certificates: {problem}.',
    hint: 'Use the certificate of an authority together with its own private key.',
  },
  key_malformed: {
    status: 400,
    message: 'The private key cannot be read: {problem}.',
    hint: 'Use one complete PEM block with the private key (PKCS#8, SEC 1 or PKCS#1).',
  },
  key_passphrase_wrong: {
    status: 400,
    message: 'The private key cannot be decrypted: the passphrase is wrong, or the key file is damaged.',
    hint: 'Check that the passphrase file belongs to this key.',
  },
  key_unsupported: {
    status: 400,
    message: 'Picket cannot issue certificates for, or sign them with, {problem}.',
    hint: 'Use a P-256 key (named curve), or an RSA key of 2048 to 4096 bits with exponent 65537.',
  },
  credential_mismatch: {
    status: 400,
    message: 'The private key does not belong to the certificate {certificate}.',
    hint: 'Use the certificate together with the key that its request was made with. With another key, every TLS handshake fails.',
  },
  bundle_holds_key: {
    status: 400,
    message: 'The certificate bundle holds a private key.',
    hint: 'Remove the key from the bundle: bundles are published. If this bundle was already published, replace that key.',
  },
} as const;
