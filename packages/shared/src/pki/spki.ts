import { createPublicKey, hash, type KeyObject } from 'node:crypto';
import { bitStringOctets, DerError, type DerNode, fieldsOfSequence } from './der.ts';
import { toPem } from './pem.ts';

/** Kinds of key that a certificate of Picket may hold: P-256, or RSA of 2048–4096 bits. */
export type CertifiedKeyType = 'p256' | 'rsa';

// A P-256 SubjectPublicKeyInfo with the curve by name and the point uncompressed has this one beginning (RFC 5480).
// etcd, being Go, reads no other form of such a key.
const p256Prefix = Buffer.from('3059301306072a8648ce3d020106082a8648ce3d03010703420004', 'hex');

/** A key's SubjectPublicKeyInfo (RFC 5280 4.1.2.7) as DER. Takes either half of the pair. */
export function spkiDer(key: KeyObject): Buffer {
  const publicKey = key.type === 'private' ? createPublicKey(key) : key;
  return publicKey.export({ type: 'spki', format: 'der' });
}

/** Lower-case hex SHA-256 of the SubjectPublicKeyInfo: the PIN of join strings, and a key's name in the store. */
export function spkiHash(key: KeyObject): string {
  return hashOfSpki(spkiDer(key));
}

/** As {@link spkiHash}, of the DER itself. */
export function hashOfSpki(spki: Uint8Array): string {
  return hash('sha256', spki);
}

/** A key identifier: the first 160 bits of the SHA-256 of the key's bits (RFC 7093 2.1). */
export function keyIdentifierOf(spki: DerNode): Buffer {
  const fields = fieldsOfSequence(spki, 'the public key');
  fields.next();
  const bits = bitStringOctets(fields.next(), 'the public key');
  return hash('sha256', bits, 'buffer').subarray(0, 20);
}

/** Reads a public key from its SubjectPublicKeyInfo. Throws DerError if OpenSSL cannot. */
export function publicKeyFromSpki(spki: Buffer): KeyObject {
  try {
    // As PEM: from DER, Node.js 24 takes nearly twice as long.
    return createPublicKey(toPem('PUBLIC KEY', spki));
  } catch {
    throw new DerError('its public key cannot be read');
  }
}

/**
 * What kind of key this is, or in words why no certificate can be made for it.
 * @param spki its SubjectPublicKeyInfo in the encoding that is to be certified; only the usual one will do, so that a
 * key has one hash
 */
export function certifiedKeyType(
  key: KeyObject,
  spki: Uint8Array,
): { readonly type: CertifiedKeyType } | { readonly unsupported: string } {
  // First of all: OpenSSL takes long to tell the details of a key.
  if (p256Prefix.equals(spki.subarray(0, p256Prefix.length))) return { type: 'p256' };
  const details = key.asymmetricKeyDetails;
  if (key.asymmetricKeyType === 'ec') {
    if (details?.namedCurve !== 'prime256v1') return { unsupported: `a key on the curve ${details?.namedCurve}` };
    return { unsupported: 'a P-256 key whose curve is spelled out or whose point is compressed' };
  }
  if (key.asymmetricKeyType === 'rsa') {
    const bits = details?.modulusLength ?? 0;
    if (bits < 2048 || bits > 4096) return { unsupported: `an RSA key of ${bits} bits` };
    // Go refuses certificates with large exponents, and small ones are unwise: there is one that everybody uses.
    if (details?.publicExponent !== 65537n) {
      return { unsupported: 'an RSA key with another public exponent than 65537' };
    }
    return spkiDer(key).equals(spki) ? { type: 'rsa' } : { unsupported: 'an RSA key in an unusual encoding' };
  }
  return { unsupported: `a key of type ${key.asymmetricKeyType}` };
}
