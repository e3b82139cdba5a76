import type { KeyObject } from 'node:crypto';
import { failure } from '../errors.ts';
import {
  contextConstructed,
  DerError,
  type DerNode,
  decodeDer,
  encodeDer,
  Fields,
  fieldsOfSequence,
  fieldsOfSet,
  isContext,
  oidOf,
  refusing,
  sequence,
  Tag,
  universalOctets,
  unsignedInteger,
} from './der.ts';
import { commonNameOf, encodeName } from './distinguished-name.ts';
import { excerpt } from './excerpt.ts';
import { type Extensions, readBasicConstraints, readExtensions, readSubjectAltName } from './extensions.ts';
import { Oid, oidName } from './oids.ts';
import { singlePem, toPem } from './pem.ts';
import type { San } from './san.ts';
import { readSigned, signatureProblem, signed } from './signature.ts';
import { type CertifiedKeyType, certifiedKeyType, hashOfSpki, publicKeyFromSpki, spkiDer } from './spki.ts';

const label = 'CERTIFICATE REQUEST';

/** The largest CSR that {@link readCsr} looks at, in characters; one for RSA 4096 has under 2,000. */
export const maxCsrLength = 8192;

/** What a CSR contributes to a certificate (R7): a public key, whose possession it has proven, and nothing else. */
export interface Csr {
  readonly publicKey: KeyObject;
  readonly keyType: CertifiedKeyType;
  /** The key's SubjectPublicKeyInfo as DER. */
  readonly spki: Buffer;
  /** Lower-case hex SHA-256 of the key's SubjectPublicKeyInfo. */
  readonly spkiHash: string;
  /** The subject's common name: for log lines, never for a certificate. */
  readonly commonName: string | undefined;
}

/**
 * A PKCS#10 request (RFC 2986) as PEM: the public key, signed by its private half, with no attributes, since whatever
 * it asked for would be refused. Throws `name_invalid`, `key_unsupported`.
 * @param options.commonName helps people who read the request; it decides nothing
 */
export function createCsr(options: { readonly key: KeyObject; readonly commonName: string }): string {
  const info = sequence(
    unsignedInteger(Buffer.of(0)),
    encodeName(options.commonName),
    decodeDer(spkiDer(options.key)),
    contextConstructed(0),
  );
  return toPem(label, signed(info, options.key));
}

/**
 * Reads one CSR and verifies its proof of possession. Throws `pem_malformed`, `csr_malformed`, `csr_key_unsupported`,
 * `csr_signature_invalid`, and, since names and usages come from the spec alone (R7), `csr_asks_for_ca`,
 * `csr_asks_for_names` or `csr_asks_for_more` for a CSR with any attribute.
 */
export function readCsr(pem: string): Csr {
  const der = singlePem(pem, label, 'a certificate signing request', maxCsrLength);
  return refusing(
    (problem) => failure('csr_malformed', { problem }),
    () => readRequest(decodeDer(der)),
  );
}

function readRequest(request: DerNode): Csr {
  const { content, algorithm, signature } = readSigned(request, 'the request');
  const fields = fieldsOfSequence(content, 'the request');
  const version = universalOctets(fields.next(), Tag.integer, 'the version');
  if (!version.equals(Buffer.of(0))) throw new DerError('its version is not 1');
  const commonName = commonNameOf(fields.next());
  const spki = encodeDer(fields.next());
  const attributes = fields.optional((field) => isContext(field, 0));
  fields.end();

  const publicKey = publicKeyFromSpki(spki);
  const kind = certifiedKeyType(publicKey, spki);
  if ('unsupported' in kind) throw failure('csr_key_unsupported', { problem: kind.unsupported });
  const problem = signatureProblem(content, algorithm, signature, publicKey);
  if (problem !== undefined) throw failure('csr_signature_invalid', { problem });
  if (attributes !== undefined) refuseAttributes(attributes);
  return { publicKey, keyType: kind.type, spki, spkiHash: hashOfSpki(spki), commonName };
}

function refuseAttributes(attributes: DerNode): void {
  const asked: string[] = [];
  for (const attribute of new Fields(attributes, 'the attributes').rest()) {
    const fields = fieldsOfSequence(attribute, 'an attribute');
    const type = oidOf(fields.next(), 'an attribute');
    // The name alone: the value of a challengePassword is a secret.
    asked.push(oidName(type));
    if (type !== Oid.extensionRequest) continue;
    for (const value of fieldsOfSet(fields.next(), 'an attribute').rest()) {
      const extensions = readExtensions(value);
      refuseAuthority(extensions);
      refuseNames(extensions);
      asked.push(...[...extensions.keys()].map(oidName));
    }
  }
  if (asked.length > 0) throw failure('csr_asks_for_more', { asked: listed(asked) });
}

function refuseAuthority(extensions: Extensions): void {
  const constraints = extensions.get(Oid.basicConstraints);
  if (constraints !== undefined && readBasicConstraints(constraints.value).isAuthority) {
    throw failure('csr_asks_for_ca', {});
  }
}

function refuseNames(extensions: Extensions): void {
  const names = extensions.get(Oid.subjectAltName);
  if (names === undefined) return;
  const sans = readSubjectAltName(names.value).map((san: San) => `${san.type}:${excerpt(san.value)}`);
  throw failure('csr_asks_for_names', { names: sans.length > 0 ? listed(sans) : 'names of other kinds' });
}

function listed(items: readonly string[]): string {
  const shown = items.slice(0, 10).join(', ');
  return items.length > 10 ? `${shown} and ${items.length - 10} more` : shown;
}
