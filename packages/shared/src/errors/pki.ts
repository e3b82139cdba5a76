/** Certificates, requests for them, and keys. */
export const pkiErrors = {
  pem_malformed: {
    status: 400,
    message: 'The PEM text of {what} is not valid: {problem}.',
    hint: 'It must hold whole blocks from -----BEGIN …----- to -----END …-----, and nothing around them.',
  },
  csr_malformed: {
    status: 400,
    message: 'The certificate signing request cannot be read: {problem}.',
    hint: 'Make a new one (PKCS#10, PEM); the agent and `openssl req -new` both do.',
  },
  csr_key_unsupported: {
    status: 400,
    message: 'The certificate signing request is for {problem}, which gets no certificate here.',
    hint: 'Use a P-256 key by name, or RSA of 2048 to 4096 bits with exponent 65537.',
  },
  csr_signature_invalid: {
    status: 400,
    message: 'The certificate signing request does not prove possession of its key: {problem}.',
    hint: 'Sign it with the key it holds, by SHA-256; if it was sent through something that changes files, send it again.',
  },
  csr_asks_for_ca: {
    status: 400,
    message: 'The certificate signing request asks to be a certificate authority.',
    hint: 'Make it without extensions: what a certificate may do comes from the spec alone.',
  },
  csr_asks_for_names: {
    status: 400,
    message: 'The certificate signing request asks for names: {names}.',
    hint: 'Make it without subjectAltName: names come from the spec alone. To get a name, have an operator put it there.',
  },
  csr_asks_for_more: {
    status: 400,
    message: 'The certificate signing request asks for more than a certificate: {asked}.',
    hint: 'Make it without attributes and extensions: what stands in a certificate comes from the spec alone.',
  },
  certificate_malformed: {
    status: 400,
    message: 'The certificate cannot be read: {problem}.',
    hint: 'Check that the file is the one meant and was copied whole (`openssl x509 -in FILE -text`).',
  },
  certificate_untrusted: {
    status: 401,
    message: 'The certificate {certificate} is not trusted: {problem}.',
    hint: 'Compare its issuer with the authorities trusted here; one made again under the same name is another authority.',
  },
  certificate_not_yet_valid: {
    status: 401,
    message: 'The certificate {certificate} is valid only from {notBefore}; it is {now} here.',
    hint: 'Check the clocks of this machine and of the one that issued it.',
  },
  certificate_expired: {
    status: 401,
    message: 'The certificate {certificate} ended at {notAfter}; it is {now} here.',
    hint: 'Check the clock of this machine; if it is right, the certificate must be renewed.',
  },
  name_invalid: {
    status: 400,
    message: 'The {kind} "{name}" cannot stand in a certificate: {problem}.',
    hint: 'Correct it where it comes from: the spec, or the command.',
  },
  lifetime_refused: {
    status: 400,
    message: 'A certificate from {notBefore} to {notAfter} cannot be issued: {problem}.',
    hint: 'Ask for a shorter lifetime, or replace the authority first if it is near its end.',
  },
  authority_unusable: {
    status: 400,
    message: 'The authority {authority} cannot issue certificates: {problem}.',
    hint: 'Give the certificate of an authority together with its own private key.',
  },
  key_malformed: {
    status: 400,
    message: 'The private key cannot be read: {problem}.',
    hint: 'Give the one PEM block of the private key (PKCS#8; SEC 1 and PKCS#1 are read too), whole.',
  },
  key_passphrase_wrong: {
    status: 400,
    message: 'The private key cannot be decrypted: the passphrase is wrong, or the key file is damaged.',
    hint: 'Check that the passphrase file is the one that belongs to this key.',
  },
  key_unsupported: {
    status: 400,
    message: 'No certificate can be made for or by {problem}.',
    hint: 'Use a P-256 key by name, or RSA of 2048 to 4096 bits with exponent 65537.',
  },
  credential_mismatch: {
    status: 400,
    message: 'The private key is not the one that the certificate {certificate} is for.',
    hint: 'Put the certificate together with the key its request was made with; TLS fails every handshake otherwise.',
  },
  bundle_holds_key: {
    status: 400,
    message: 'The certificate bundle holds a private key.',
    hint: 'Take it out: bundles are published. If this one was, replace that key.',
  },
} as const;
