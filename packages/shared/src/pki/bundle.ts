import { failure } from '../errors.ts';
import { type Certificate, certificateFromDer, certificateLabel } from './certificate.ts';
import { isPrivateKeyLabel } from './keys.ts';
import { splitPem } from './pem.ts';

const what = 'a certificate bundle';

/**
 * The certificates of a PEM bundle, in order. Throws `bundle_holds_key` where a private key is among them, since
 * bundles are published; `pem_malformed`, also for an empty bundle; `certificate_malformed`.
 */
export function readBundle(pem: string): Certificate[] {
  const blocks = splitPem(pem, what);
  if (blocks.some((block) => isPrivateKeyLabel(block.label))) throw failure('bundle_holds_key', {});
  const other = blocks.find((block) => block.label !== certificateLabel);
  if (other !== undefined) throw failure('pem_malformed', { what, problem: `it holds a ${other.label}` });
  if (blocks.length === 0) throw failure('pem_malformed', { what, problem: 'it is empty' });
  return blocks.map((block) => certificateFromDer(block.der));
}

/**
 * The authority of an untrusted bundle whose key has this pin (lower-case hex SHA-256 of its SubjectPublicKeyInfo),
 * or undefined. It must have signed itself: else a stranger could put the pinned key into a certificate of his making.
 */
export function authorityWithPin(bundle: readonly Certificate[], pin: string): Certificate | undefined {
  return bundle.find(
    (certificate) =>
      certificate.spkiHash === pin && certificate.isAuthority && certificate.x509.verify(certificate.publicKey),
  );
}
