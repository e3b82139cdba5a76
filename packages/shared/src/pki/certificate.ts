import { type KeyObject, X509Certificate } from 'node:crypto';
import { failure } from '../errors.ts';
import {
  DerError,
  type DerNode,
  decodeDer,
  encodeDer,
  Fields,
  fieldsOfSequence,
  isContext,
  refusing,
  Tag,
  universalOctets,
} from './der.ts';
import { commonNameOf } from './distinguished-name.ts';
import { excerpt } from './excerpt.ts';
import {
  type Extensions,
  KeyUsage,
  readAuthorityKeyIdentifier,
  readBasicConstraints,
  readExtensions,
  readExtKeyUsage,
  readKeyUsage,
  readSubjectAltName,
  readSubjectKeyIdentifier,
} from './extensions.ts';
import { Oid, oidName } from './oids.ts';
import { singlePem, toPem } from './pem.ts';
import type { San } from './san.ts';
import { readSigned } from './signature.ts';
import { hashOfSpki, publicKeyFromSpki } from './spki.ts';
import { decodeTime } from './time.ts';

export const certificateLabel = 'CERTIFICATE';
const maxCertificateBytes = 32 * 1024;

/** A certificate as read from its own octets, ours or a stranger's. Reading it proves nothing: see verify.ts. */
export interface Certificate {
  readonly pem: string;
  readonly der: Buffer;
  /** Node's view of the same octets. */
  readonly x509: X509Certificate;
  /** Lower-case hex, whole octets, no leading zero octet. */
  readonly serial: string;
  readonly commonName: string | undefined;
  /** DNS names, addresses (RFC 5952) and URIs in order; names of other kinds are left out. */
  readonly sans: readonly San[];
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly publicKey: KeyObject;
  /** Lower-case hex SHA-256 of the SubjectPublicKeyInfo. */
  readonly spkiHash: string;
  /** The subject's and the issuer's Name as DER, to be compared and copied octet by octet. */
  readonly subject: Buffer;
  readonly issuer: Buffer;
  readonly issuerCommonName: string | undefined;
  /** Lower-case hex. */
  readonly subjectKeyId: string | undefined;
  readonly authorityKeyId: string | undefined;
  /** `serverAuth`, `clientAuth`, or dotted; undefined where the certificate does not restrict its purpose. */
  readonly extendedKeyUsage: readonly string[] | undefined;
  /** CA:TRUE, and not forbidden by keyUsage to sign certificates. */
  readonly isAuthority: boolean;
  /** How many authorities may stand below this one; undefined for any number. */
  readonly pathLength: number | undefined;
  /** Critical extensions that Picket does not know, dotted: such a certificate must not be trusted (RFC 5280 4.2). */
  readonly unknownCritical: readonly string[];
}

/** Reads text that is exactly one certificate. Throws `pem_malformed`, `certificate_malformed`. */
export function parseCertificate(pem: string): Certificate {
  return certificateFromDer(singlePem(pem, certificateLabel, 'a certificate'));
}

/** Reads a certificate from DER, such as a TLS peer's. Throws `certificate_malformed`. */
export function certificateFromDer(der: Uint8Array): Certificate {
  return refusing(
    (problem) => failure('certificate_malformed', { problem }),
    () => {
      if (der.length > maxCertificateBytes) throw new DerError(`it is longer than ${maxCertificateBytes} bytes`);
      return readCertificate(Buffer.from(der));
    },
  );
}

/** A certificate by the best name it has, for errors and log lines. */
export function describeCertificate(certificate: Certificate): string {
  const name = certificate.commonName ?? certificate.sans[0]?.value;
  return name === undefined ? `serial ${certificate.serial}` : excerpt(name);
}

function readCertificate(der: Buffer): Certificate {
  const { content, algorithm } = readSigned(decodeDer(der), 'the certificate');
  const fields = fieldsOfSequence(content, 'the certificate');
  fields.optional((field) => isContext(field, 0));
  const serial = universalOctets(fields.next(), Tag.integer, 'the serial number');
  // RFC 5280 4.1.1.2: only one of the two is signed.
  if (!encodeDer(fields.next()).equals(encodeDer(algorithm))) {
    throw new DerError('it names two different signature algorithms');
  }
  const issuer = fields.next();
  const validity = fieldsOfSequence(fields.next(), 'the validity');
  const notBefore = decodeTime(validity.next());
  const notAfter = decodeTime(validity.next());
  validity.end();
  const subject = fields.next();
  const spki = encodeDer(fields.next());
  fields.optional((field) => isContext(field, 1));
  fields.optional((field) => isContext(field, 2));
  const extensions = fields.optional((field) => isContext(field, 3));
  fields.end();

  return {
    pem: toPem(certificateLabel, der),
    der,
    x509: openSslView(der),
    serial: serialText(serial),
    commonName: commonNameOf(subject),
    notBefore,
    notAfter,
    publicKey: publicKeyFromSpki(spki),
    spkiHash: hashOfSpki(spki),
    subject: encodeDer(subject),
    issuer: encodeDer(issuer),
    issuerCommonName: commonNameOf(issuer),
    ...extensionFacts(extensions === undefined ? new Map() : readExplicitExtensions(extensions)),
  };
}

function readExplicitExtensions(node: DerNode): Extensions {
  const fields = new Fields(node, 'the extensions');
  const extensions = readExtensions(fields.next());
  fields.end();
  return extensions;
}

const knownExtensions: ReadonlySet<string> = new Set([
  Oid.basicConstraints,
  Oid.keyUsage,
  Oid.extKeyUsage,
  Oid.subjectAltName,
  Oid.subjectKeyIdentifier,
  Oid.authorityKeyIdentifier,
]);

function extensionFacts(extensions: Extensions) {
  function read<T>(id: string, reader: (der: Buffer) => T): T | undefined {
    const found = extensions.get(id);
    return found === undefined ? undefined : reader(found.value);
  }
  const constraints = read(Oid.basicConstraints, readBasicConstraints);
  const hasUsage = read(Oid.keyUsage, readKeyUsage);
  return {
    sans: read(Oid.subjectAltName, readSubjectAltName) ?? [],
    subjectKeyId: read(Oid.subjectKeyIdentifier, readSubjectKeyIdentifier),
    authorityKeyId: read(Oid.authorityKeyIdentifier, readAuthorityKeyIdentifier),
    extendedKeyUsage: read(Oid.extKeyUsage, readExtKeyUsage)?.map(oidName),
    isAuthority: constraints?.isAuthority === true && (hasUsage?.(KeyUsage.keyCertSign) ?? true),
    pathLength: constraints?.pathLength,
    unknownCritical: [...extensions].flatMap(([id, { critical }]) =>
      critical && !knownExtensions.has(id) ? [id] : [],
    ),
  };
}

function serialText(octets: Buffer): string {
  if (octets.length === 0) throw new DerError('its serial number is empty');
  return octets.length > 1 && octets[0] === 0 ? octets.toString('hex', 1) : octets.toString('hex');
}

function openSslView(der: Buffer): X509Certificate {
  try {
    return new X509Certificate(der);
  } catch {
    throw new DerError('OpenSSL cannot read it');
  }
}
