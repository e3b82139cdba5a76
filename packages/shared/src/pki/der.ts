import asn1, { type Asn1Node } from 'node-forge/lib/asn1.js';
import type { PicketError } from '../errors.ts';

/** One DER value, its type and its children or octets. */
export type DerNode = Asn1Node;

/** Universal tag numbers (X.680) that X.509 uses. */
export const Tag = {
  boolean: 1,
  integer: 2,
  bitString: 3,
  octetString: 4,
  null: 5,
  oid: 6,
  utf8String: 12,
  sequence: 16,
  set: 17,
  printableString: 19,
  teletexString: 20,
  ia5String: 22,
  utcTime: 23,
  generalizedTime: 24,
  bmpString: 30,
} as const;

const universal = 0x00;
const contextSpecific = 0x80;
const maxDepth = 24;
/** Longer than any in use. An error repeats them. */
const mostOidOctets = 64;

/** Says in plain words why octets are not what they should be. Never leaves this folder: see {@link refusing}. */
export class DerError extends Error {
  override readonly name = 'DerError';
}

/** Runs `read` and turns its {@link DerError} into the error that `refuse` makes of the problem's words. */
export function refusing<T>(refuse: (problem: string) => PicketError, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof DerError ? refuse(error.message) : error;
  }
}

/**
 * Decodes exactly one DER value. Throws {@link DerError} for anything else: truncated or trailing octets, and BER that
 * is not DER, since a value must have one encoding for its signature and its hash to mean something.
 */
export function decodeDer(der: Uint8Array): DerNode {
  const octets = Buffer.from(der.buffer, der.byteOffset, der.byteLength);
  let node: DerNode;
  let again: Buffer;
  try {
    node = asn1.fromDer(octets.toString('latin1'), {
      strict: true,
      parseAllBytes: true,
      decodeBitStrings: false,
      maxDepth,
    });
    again = encodeDer(node);
  } catch {
    throw new DerError('it is not DER, or is cut short, or has something behind it');
  }
  if (!again.equals(octets)) throw new DerError('it is BER, but not DER');
  return node;
}

export function encodeDer(node: DerNode): Buffer {
  return Buffer.from(asn1.toDer(node).getBytes(), 'latin1');
}

export function sequence(...children: DerNode[]): DerNode {
  return asn1.create(universal, Tag.sequence, true, children);
}

export function set(...children: DerNode[]): DerNode {
  return asn1.create(universal, Tag.set, true, children);
}

export function primitive(tag: number, octets: Uint8Array): DerNode {
  return asn1.create(universal, tag, false, Buffer.from(octets).toString('latin1'));
}

export function oid(dotted: string): DerNode {
  return asn1.create(universal, Tag.oid, false, asn1.oidToDer(dotted).getBytes());
}

/** A non-negative INTEGER from its big-endian octets. */
export function unsignedInteger(octets: Uint8Array): DerNode {
  return primitive(Tag.integer, (octets[0] ?? 0) < 0x80 ? octets : Buffer.concat([Buffer.of(0), octets]));
}

export function bitString(octets: Uint8Array, unusedBits = 0): DerNode {
  return primitive(Tag.bitString, Buffer.concat([Buffer.of(unusedBits), octets]));
}

/** A context-specific tag around one value (EXPLICIT), or around several (IMPLICIT SEQUENCE or SET). */
export function contextConstructed(tag: number, ...children: DerNode[]): DerNode {
  return asn1.create(contextSpecific, tag, true, children);
}

export function contextPrimitive(tag: number, octets: Uint8Array): DerNode {
  return asn1.create(contextSpecific, tag, false, Buffer.from(octets).toString('latin1'));
}

export function isUniversal(node: DerNode, tag: number): boolean {
  return node.tagClass === universal && node.type === tag;
}

export function isContext(node: DerNode, tag: number): boolean {
  return node.tagClass === contextSpecific && node.type === tag;
}

/** The octets of a primitive value. Throws {@link DerError} if it is constructed. */
export function octetsOf(node: DerNode, what: string): Buffer {
  if (typeof node.value !== 'string') throw new DerError(`${what} is not a primitive value`);
  return Buffer.from(node.value, 'latin1');
}

/** The octets of a primitive universal value of this tag. */
export function universalOctets(node: DerNode, tag: number, what: string): Buffer {
  if (!isUniversal(node, tag)) throw new DerError(`${what} has an unexpected type`);
  return octetsOf(node, what);
}

/** The octets of a BIT STRING that is whole octets long. */
export function bitStringOctets(node: DerNode, what: string): Buffer {
  const content = universalOctets(node, Tag.bitString, what);
  if (content[0] !== 0) throw new DerError(`${what} is not a whole number of octets`);
  return content.subarray(1);
}

export function oidOf(node: DerNode, what: string): string {
  const content = universalOctets(node, Tag.oid, what);
  if (content.length === 0 || (content.at(-1) ?? 0) >= 0x80) throw new DerError(`${what} is not an object identifier`);
  if (content.length > mostOidOctets) throw new DerError(`${what} is an object identifier out of range`);
  try {
    return asn1.derToOid(content.toString('latin1'));
  } catch {
    throw new DerError(`${what} is an object identifier out of range`);
  }
}

/** Reads the children of a constructed value in order, as its ASN.1 definition lists them. */
export class Fields {
  readonly #nodes: readonly DerNode[];
  readonly #what: string;
  #position = 0;

  constructor(node: DerNode, what: string) {
    if (typeof node.value === 'string') throw new DerError(`${what} is not a constructed value`);
    this.#nodes = node.value;
    this.#what = what;
  }

  next(): DerNode {
    const node = this.#nodes[this.#position];
    if (node === undefined) throw new DerError(`${this.#what} ends too early`);
    this.#position += 1;
    return node;
  }

  /** The next field if it is the one that `accepts` describes (an OPTIONAL or DEFAULT one). */
  optional(accepts: (node: DerNode) => boolean): DerNode | undefined {
    const node = this.#nodes[this.#position];
    return node !== undefined && accepts(node) ? this.next() : undefined;
  }

  rest(): readonly DerNode[] {
    const nodes = this.#nodes.slice(this.#position);
    this.#position = this.#nodes.length;
    return nodes;
  }

  end(): void {
    if (this.#position < this.#nodes.length) throw new DerError(`${this.#what} has more fields than it may`);
  }
}

export function fieldsOfSequence(node: DerNode, what: string): Fields {
  if (!isUniversal(node, Tag.sequence)) throw new DerError(`${what} is not a SEQUENCE`);
  return new Fields(node, what);
}

export function fieldsOfSet(node: DerNode, what: string): Fields {
  if (!isUniversal(node, Tag.set)) throw new DerError(`${what} is not a SET`);
  return new Fields(node, what);
}
