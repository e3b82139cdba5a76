import type { KeyObject } from 'node:crypto';
import { failure } from '../errors.ts';
import { type Certificate, describeCertificate } from './certificate.ts';
import { type DerNode, decodeDer } from './der.ts';
import { signatureAlgorithm, signed } from './signature.ts';
import { keyIdentifierOf, spkiDer } from './spki.ts';

/**
 * An authority that can sign: its certificate with its private key, found once to belong together. The key cannot be
 * read back from it, so that printing or logging an authority shows no secret (R11).
 */
export class Authority {
  readonly certificate: Certificate;
  /** Its subject as the issuer of what it signs. */
  readonly name: DerNode;
  /** The AlgorithmIdentifier by which it signs. */
  readonly algorithm: DerNode;
  /** What authorityKeyIdentifier refers to: its own subjectKeyIdentifier where it has one. */
  readonly keyIdentifier: Buffer;
  readonly #key: KeyObject;

  /** Throws `authority_unusable` if the key is another's or the certificate may not sign, `key_unsupported`. */
  constructor(certificate: Certificate, key: KeyObject) {
    const authority = describeCertificate(certificate);
    if (!certificate.isAuthority) throw failure('authority_unusable', { authority, problem: 'it is not CA:TRUE' });
    if (!certificate.x509.checkPrivateKey(key)) {
      throw failure('authority_unusable', { authority, problem: 'the private key is not the one it certifies' });
    }
    this.certificate = certificate;
    this.name = decodeDer(certificate.subject);
    this.algorithm = signatureAlgorithm(key);
    this.keyIdentifier =
      certificate.subjectKeyId === undefined
        ? keyIdentifierOf(decodeDer(spkiDer(certificate.publicKey)))
        : Buffer.from(certificate.subjectKeyId, 'hex');
    this.#key = key;
  }

  /** The SIGNED form of `content` as DER. */
  sign(content: DerNode): Buffer {
    return signed(content, this.#key);
  }
}
