import type { KeyObject } from 'node:crypto';
import { failure } from '../errors.ts';
import { Authority } from './authority.ts';
import { type Certificate, certificateFromDer, certificateLabel, describeCertificate } from './certificate.ts';
import { contextConstructed, type DerNode, decodeDer, sequence, unsignedInteger } from './der.ts';
import { encodeName } from './distinguished-name.ts';
import {
  authorityConstraints,
  authorityKeyIdentifier,
  extKeyUsage,
  KeyUsage,
  keyUsage,
  leafConstraints,
  subjectAltName,
  subjectKeyIdentifier,
} from './extensions.ts';
import { Oid } from './oids.ts';
import { toPem } from './pem.ts';
import { canonicalSans, type San } from './san.ts';
import { encodeSerial } from './serial.ts';
import { signatureAlgorithm, signed } from './signature.ts';
import { type CertifiedKeyType, certifiedKeyType, keyIdentifierOf, spkiDer } from './spki.ts';
import { encodeTime, toWholeSeconds } from './time.ts';

/** What a certificate is for. The first four are for etcd, the last three for Picket itself. */
export type CertificateUsage = 'server' | 'client' | 'peer' | 'admin' | 'node' | 'operator' | 'coordinator';

// etcd's gateway dials its own server with the server certificate, so that one needs clientAuth too: without it comes
// the "incompatible key usage" of the procedure that Picket replaces.
const purposes: Readonly<Record<CertificateUsage, readonly string[]>> = {
  server: [Oid.serverAuth, Oid.clientAuth],
  peer: [Oid.serverAuth, Oid.clientAuth],
  client: [Oid.clientAuth],
  admin: [Oid.clientAuth],
  node: [Oid.clientAuth],
  operator: [Oid.clientAuth],
  coordinator: [Oid.serverAuth],
};

/** From and until when, in whole seconds, both ends included (RFC 5280 4.1.2.5). */
export interface Lifetime {
  readonly notBefore: Date;
  readonly notAfter: Date;
}

export interface CertificateRequest extends Lifetime {
  readonly issuer: Authority;
  /** Without a common name the subject is empty, and the names are critical (RFC 5280 4.2.1.6). */
  readonly subject: { readonly commonName?: string };
  readonly publicKey: KeyObject;
  /**
   * That key as `spkiDer` encodes it, if the caller already has it: OpenSSL takes longer to encode a key than to sign. These
   * octets, unread, are what is certified.
   */
  readonly spki?: Buffer;
  readonly sans: readonly San[];
  readonly usage: CertificateUsage;
  /** See `randomSerial`. */
  readonly serial: string;
}

export interface AuthorityRequest extends Lifetime {
  readonly commonName: string;
  readonly key: KeyObject;
  readonly serial: string;
  /**
   * How many authorities may stand below; 0 unless given. An authority that will ever cross-sign its successor needs 1,
   * or verifiers refuse the chain through it.
   */
  readonly pathLength?: number;
  /** Cross-signs instead of self-signing: the same name and key, vouched for by another authority. */
  readonly issuer?: Authority;
}

/** A certificate as it was signed, with what its issuer notes of it. */
export type SignedCertificate = Pick<Certificate, 'pem' | 'der' | 'serial' | 'notBefore' | 'notAfter'>;

/**
 * Signs an end-entity certificate. All that stands in it comes from the arguments, nothing from a CSR (R7). Fractions
 * of seconds are dropped. Throws `lifetime_refused` for a lifetime not within the issuer's (see {@link lifetimeWithin}),
 * `name_invalid`, `key_unsupported`; `certificate_malformed` for one of more than 32 KiB, as with hundreds of names;
 * RangeError for a serial or date that cannot be encoded.
 */
export function signCertificate(request: CertificateRequest): SignedCertificate {
  const { issuer, usage } = request;
  const { commonName } = request.subject;
  const lifetime = checkedLifetime(request, issuer.certificate);
  const sans = canonicalSans(request.sans);
  if (commonName === undefined && sans.length === 0) {
    throw failure('name_invalid', { kind: 'subject', name: '', problem: 'a certificate needs at least one name' });
  }
  const { type, spki } = certifiedKey(request.publicKey, request.spki);
  const content = tbsCertificate({
    serial: request.serial,
    algorithm: issuer.algorithm,
    issuer: issuer.name,
    lifetime,
    subject: encodeName(commonName),
    spki,
    extensions: [
      leafConstraints(),
      type === 'rsa'
        ? keyUsage(KeyUsage.digitalSignature, KeyUsage.keyEncipherment)
        : keyUsage(KeyUsage.digitalSignature),
      extKeyUsage(...purposes[usage]),
      subjectKeyIdentifier(keyIdentifierOf(spki)),
      authorityKeyIdentifier(issuer.keyIdentifier),
      ...(sans.length > 0 ? [subjectAltName(commonName === undefined, sans)] : []),
    ],
  });
  const der = issuer.sign(content);
  return { pem: toPem(certificateLabel, der), der, serial: request.serial, ...lifetime };
}

/**
 * Makes an authority: CA:TRUE with its path length, and allowed to sign certificates and CRLs. Its notBefore should be
 * backdated as its leaves are, for none may begin before it. Throws as {@link signCertificate} does.
 */
export function issueAuthority(request: AuthorityRequest): Authority {
  const { key, issuer, pathLength = 0 } = request;
  const { spki } = certifiedKey(key);
  const keyIdentifier = keyIdentifierOf(spki);
  const subject = encodeName(request.commonName);
  const content = tbsCertificate({
    serial: request.serial,
    algorithm: issuer?.algorithm ?? signatureAlgorithm(key),
    issuer: issuer?.name ?? subject,
    lifetime: checkedLifetime(request, issuer?.certificate),
    subject,
    spki,
    extensions: [
      authorityConstraints(pathLength),
      keyUsage(KeyUsage.keyCertSign, KeyUsage.cRLSign),
      subjectKeyIdentifier(keyIdentifier),
      authorityKeyIdentifier(issuer?.keyIdentifier ?? keyIdentifier),
    ],
  });
  return new Authority(certificateFromDer(issuer?.sign(content) ?? signed(content, key)), key);
}

/**
 * The wanted lifetime cut to the issuer's, for callers to whom a shorter certificate is better than none: near the end
 * of an authority, or within the first minutes of one that was not backdated.
 */
export function lifetimeWithin(issuer: Lifetime, wanted: Lifetime): Lifetime {
  return {
    notBefore: wanted.notBefore < issuer.notBefore ? issuer.notBefore : wanted.notBefore,
    notAfter: wanted.notAfter > issuer.notAfter ? issuer.notAfter : wanted.notAfter,
  };
}

function certifiedKey(key: KeyObject, der = spkiDer(key)): { readonly type: CertifiedKeyType; readonly spki: DerNode } {
  const kind = certifiedKeyType(key, der);
  if ('unsupported' in kind) throw failure('key_unsupported', { problem: kind.unsupported });
  return { type: kind.type, spki: decodeDer(der) };
}

interface TbsCertificate {
  readonly serial: string;
  readonly algorithm: DerNode;
  readonly issuer: DerNode;
  readonly lifetime: Lifetime;
  readonly subject: DerNode;
  readonly spki: DerNode;
  readonly extensions: readonly DerNode[];
}

function tbsCertificate(parts: TbsCertificate): DerNode {
  const version3 = contextConstructed(0, unsignedInteger(Buffer.of(2)));
  return sequence(
    version3,
    encodeSerial(parts.serial),
    parts.algorithm,
    parts.issuer,
    sequence(encodeTime(parts.lifetime.notBefore), encodeTime(parts.lifetime.notAfter)),
    parts.subject,
    parts.spki,
    contextConstructed(3, sequence(...parts.extensions)),
  );
}

function checkedLifetime(wanted: Lifetime, issuer: Certificate | undefined): Lifetime {
  const notBefore = toWholeSeconds(wanted.notBefore);
  const notAfter = toWholeSeconds(wanted.notAfter);
  const problem = lifetimeProblem({ notBefore, notAfter }, issuer);
  if (problem === undefined) return { notBefore, notAfter };
  throw failure('lifetime_refused', {
    notBefore: notBefore.toISOString(),
    notAfter: notAfter.toISOString(),
    problem,
  });
}

function lifetimeProblem(lifetime: Lifetime, issuer: Certificate | undefined): string | undefined {
  if (lifetime.notAfter <= lifetime.notBefore) return 'it ends before it begins';
  if (issuer === undefined) return undefined;
  const name = describeCertificate(issuer);
  if (lifetime.notBefore < issuer.notBefore) {
    return `its issuer ${name} begins only at ${issuer.notBefore.toISOString()}`;
  }
  if (lifetime.notAfter > issuer.notAfter) return `its issuer ${name} ends at ${issuer.notAfter.toISOString()}`;
  return undefined;
}
