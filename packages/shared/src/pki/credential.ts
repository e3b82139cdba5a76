import type { KeyObject } from 'node:crypto';
import { failure } from '../errors.ts';
import { type Certificate, certificateFromDer, certificateLabel, describeCertificate } from './certificate.ts';
import { exportPrivateKeyPem, isPrivateKeyLabel, loadPrivateKeyPem } from './keys.ts';
import { splitPem, toPem } from './pem.ts';

const what = 'a credential';

/** A certificate, the authorities above it that a peer may need, and its private key. */
export interface Credential {
  readonly certificate: Certificate;
  readonly chain: readonly Certificate[];
  readonly key: KeyObject;
}

/**
 * One PEM text with certificate, chain and key, so that both change in one rename (R9). Throws `credential_mismatch`
 * if the key is not the certificate's.
 */
export function writeCredential(credential: Credential): string {
  const { certificate, chain, key } = credential;
  requireMatch(certificate, key);
  return [certificate.pem, ...chain.map((above) => above.pem), exportPrivateKeyPem(key)].join('');
}

/**
 * Reads what {@link writeCredential} writes; the key may stand anywhere, the first certificate is its own (as TLS
 * orders chains). Throws `pem_malformed`, `certificate_malformed`, `key_malformed`, `credential_mismatch`.
 */
export function readCredential(pem: string): Credential {
  const blocks = splitPem(pem, what);
  const keys = blocks.filter((block) => isPrivateKeyLabel(block.label));
  const certificates = blocks.filter((block) => block.label === certificateLabel);
  const [keyBlock] = keys;
  const [first, ...others] = certificates;
  if (keyBlock === undefined || first === undefined || keys.length > 1 || blocks.length > certificates.length + 1) {
    const problem = `it must hold one private key and its certificates, and holds ${blocks.map((block) => block.label).join(', ') || 'nothing'}`;
    throw failure('pem_malformed', { what, problem });
  }
  const certificate = certificateFromDer(first.der);
  const key = loadPrivateKeyPem(toPem(keyBlock.label, keyBlock.der));
  requireMatch(certificate, key);
  return { certificate, chain: others.map((block) => certificateFromDer(block.der)), key };
}

function requireMatch(certificate: Certificate, key: KeyObject): void {
  if (!certificate.x509.checkPrivateKey(key)) {
    throw failure('credential_mismatch', { certificate: describeCertificate(certificate) });
  }
}
