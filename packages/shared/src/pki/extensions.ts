import {
  bitString,
  contextPrimitive,
  DerError,
  type DerNode,
  decodeDer,
  encodeDer,
  fieldsOfSequence,
  isContext,
  isUniversal,
  octetsOf,
  oid,
  oidOf,
  primitive,
  sequence,
  Tag,
  universalOctets,
  unsignedInteger,
} from './der.ts';
import { Oid } from './oids.ts';
import { addressOctets, addressText, type San } from './san.ts';

/** One extension: whether a reader that does not know it must refuse, and the DER within its OCTET STRING. */
export interface Extension {
  readonly critical: boolean;
  readonly value: Buffer;
}

/** Extensions by their dotted object identifiers. */
export type Extensions = ReadonlyMap<string, Extension>;

/** Bits of keyUsage (RFC 5280 4.2.1.3). */
export const KeyUsage = { digitalSignature: 0, keyEncipherment: 2, keyCertSign: 5, cRLSign: 6 } as const;

const generalNameTag = { dns: 2, uri: 6, ip: 7 } as const;

function extension(id: string, critical: boolean, value: DerNode): DerNode {
  const flag = critical ? [primitive(Tag.boolean, Buffer.of(0xff))] : [];
  return sequence(oid(id), ...flag, primitive(Tag.octetString, encodeDer(value)));
}

/** Throws DerError, also for an extension that occurs twice (RFC 5280 4.2). */
export function readExtensions(node: DerNode): Extensions {
  const extensions = new Map<string, Extension>();
  for (const item of fieldsOfSequence(node, 'the list of extensions').rest()) {
    const fields = fieldsOfSequence(item, 'an extension');
    const id = oidOf(fields.next(), 'an extension');
    const flag = fields.optional((field) => isUniversal(field, Tag.boolean));
    const value = universalOctets(fields.next(), Tag.octetString, 'an extension');
    fields.end();
    if (extensions.has(id)) throw new DerError(`the extension ${id} occurs twice`);
    extensions.set(id, { critical: flag !== undefined && isTrue(flag), value });
  }
  return extensions;
}

/** @param pathLength how many authorities may stand below this one */
export function authorityConstraints(pathLength: number): DerNode {
  const flag = primitive(Tag.boolean, Buffer.of(0xff));
  return extension(Oid.basicConstraints, true, sequence(flag, unsignedInteger(Buffer.of(pathLength))));
}

export function leafConstraints(): DerNode {
  return extension(Oid.basicConstraints, true, sequence());
}

export interface BasicConstraints {
  readonly isAuthority: boolean;
  readonly pathLength: number | undefined;
}

export function readBasicConstraints(der: Buffer): BasicConstraints {
  const fields = fieldsOfSequence(decodeDer(der), 'basicConstraints');
  const flag = fields.optional((field) => isUniversal(field, Tag.boolean));
  const length = fields.optional((field) => isUniversal(field, Tag.integer));
  fields.end();
  const octets = length === undefined ? undefined : octetsOf(length, 'a path length');
  if (octets !== undefined && (octets.length !== 1 || (octets[0] ?? 0) > 0x7f)) {
    throw new DerError('a path length is out of range');
  }
  return { isAuthority: flag !== undefined && isTrue(flag), pathLength: octets?.[0] };
}

export function keyUsage(...bits: number[]): DerNode {
  const octet = bits.reduce((sum, bit) => sum | (0x80 >> bit), 0);
  return extension(Oid.keyUsage, true, bitString(Buffer.of(octet), 7 - Math.max(...bits)));
}

export function readKeyUsage(der: Buffer): (bit: number) => boolean {
  const content = universalOctets(decodeDer(der), Tag.bitString, 'keyUsage');
  return (bit) => ((content[1] ?? 0) & (0x80 >> bit)) !== 0;
}

export function extKeyUsage(...purposes: string[]): DerNode {
  return extension(Oid.extKeyUsage, false, sequence(...purposes.map(oid)));
}

export function readExtKeyUsage(der: Buffer): string[] {
  const fields = fieldsOfSequence(decodeDer(der), 'extKeyUsage');
  return fields.rest().map((node) => oidOf(node, 'extKeyUsage'));
}

export function subjectKeyIdentifier(identifier: Buffer): DerNode {
  return extension(Oid.subjectKeyIdentifier, false, primitive(Tag.octetString, identifier));
}

export function readSubjectKeyIdentifier(der: Buffer): string {
  return universalOctets(decodeDer(der), Tag.octetString, 'subjectKeyIdentifier').toString('hex');
}

export function authorityKeyIdentifier(identifier: Buffer): DerNode {
  return extension(Oid.authorityKeyIdentifier, false, sequence(contextPrimitive(0, identifier)));
}

/** The keyIdentifier field, or undefined where the authority is named in another way. */
export function readAuthorityKeyIdentifier(der: Buffer): string | undefined {
  const fields = fieldsOfSequence(decodeDer(der), 'authorityKeyIdentifier');
  const identifier = fields.optional((field) => isContext(field, 0));
  return identifier === undefined ? undefined : octetsOf(identifier, 'authorityKeyIdentifier').toString('hex');
}

/** @param sans as `canonicalSans` gives them */
export function subjectAltName(critical: boolean, sans: readonly San[]): DerNode {
  const names = sans.map((san) => {
    const octets = san.type === 'ip' ? addressOctets(san.value) : Buffer.from(san.value, 'latin1');
    return contextPrimitive(generalNameTag[san.type], octets);
  });
  return extension(Oid.subjectAltName, critical, sequence(...names));
}

/** The DNS names, addresses and URIs in order; names of other kinds are left out. Throws DerError. */
export function readSubjectAltName(der: Buffer): San[] {
  return fieldsOfSequence(decodeDer(der), 'subjectAltName')
    .rest()
    .flatMap((node): San[] => {
      if (isContext(node, generalNameTag.dns)) return [{ type: 'dns', value: ia5Text(node) }];
      if (isContext(node, generalNameTag.uri)) return [{ type: 'uri', value: ia5Text(node) }];
      if (!isContext(node, generalNameTag.ip)) return [];
      const octets = octetsOf(node, 'an IP address');
      if (octets.length !== 4 && octets.length !== 16) throw new DerError('an IP address has neither 4 nor 16 octets');
      return [{ type: 'ip', value: addressText(octets) }];
    });
}

function ia5Text(node: DerNode): string {
  const octets = octetsOf(node, 'subjectAltName');
  if (octets.some((octet) => octet > 0x7f)) throw new DerError('subjectAltName holds more than ASCII');
  return octets.toString('latin1');
}

function isTrue(node: DerNode): boolean {
  const octets = octetsOf(node, 'a BOOLEAN');
  if (octets.length !== 1) throw new DerError('a BOOLEAN is not one octet');
  return octets[0] !== 0;
}
