import { type KeyObject, sign, verify } from 'node:crypto';
import { failure } from '../errors.ts';
import {
  bitString,
  bitStringOctets,
  type DerNode,
  encodeDer,
  fieldsOfSequence,
  isUniversal,
  oid,
  oidOf,
  primitive,
  sequence,
  Tag,
} from './der.ts';

interface Algorithm {
  readonly keyType: 'ec' | 'rsa';
  readonly hash: string;
}

const ecdsaWithSha256 = '1.2.840.10045.4.3.2';
const sha256WithRsa = '1.2.840.113549.1.1.11';

const algorithms = new Map<string, Algorithm>([
  [ecdsaWithSha256, { keyType: 'ec', hash: 'sha256' }],
  ['1.2.840.10045.4.3.3', { keyType: 'ec', hash: 'sha384' }],
  ['1.2.840.10045.4.3.4', { keyType: 'ec', hash: 'sha512' }],
  [sha256WithRsa, { keyType: 'rsa', hash: 'sha256' }],
  ['1.2.840.113549.1.1.12', { keyType: 'rsa', hash: 'sha384' }],
  ['1.2.840.113549.1.1.13', { keyType: 'rsa', hash: 'sha512' }],
]);

/**
 * The AlgorithmIdentifier by which this key signs: ecdsa-with-SHA256 (RFC 5758, no parameters) or sha256WithRSA
 * (RFC 4055, NULL). Throws `key_unsupported` for other keys.
 */
export function signatureAlgorithm(key: KeyObject): DerNode {
  if (key.asymmetricKeyType === 'ec') return sequence(oid(ecdsaWithSha256));
  if (key.asymmetricKeyType === 'rsa') return sequence(oid(sha256WithRsa), primitive(Tag.null, Buffer.alloc(0)));
  throw failure('key_unsupported', { problem: `a key of type ${key.asymmetricKeyType}` });
}

/** The SIGNED form that CSRs, certificates and CRLs share: what is signed, by which algorithm, the signature. */
export function signed(content: DerNode, key: KeyObject): Buffer {
  const signature = sign('sha256', encodeDer(content), key);
  return encodeDer(sequence(content, signatureAlgorithm(key), bitString(signature)));
}

/** The three parts of what {@link signed} makes. Throws DerError. */
export function readSigned(node: DerNode, what: string): { content: DerNode; algorithm: DerNode; signature: Buffer } {
  const fields = fieldsOfSequence(node, what);
  const content = fields.next();
  const algorithm = fields.next();
  const signature = bitStringOctets(fields.next(), 'the signature');
  fields.end();
  return { content, algorithm, signature };
}

/** Undefined if `key` made this signature over `content`, else why not, in words. Throws DerError. */
export function signatureProblem(
  content: DerNode,
  algorithm: DerNode,
  signature: Buffer,
  key: KeyObject,
): string | undefined {
  const fields = fieldsOfSequence(algorithm, 'the signature algorithm');
  const id = oidOf(fields.next(), 'the signature algorithm');
  fields.optional((field) => isUniversal(field, Tag.null));
  fields.end();
  const known = algorithms.get(id);
  if (known === undefined) return `its signature algorithm ${id} is not accepted`;
  if (known.keyType !== key.asymmetricKeyType) return 'its signature algorithm is not one of its key';
  return verify(known.hash, encodeDer(content), key, signature) ? undefined : 'its signature is not by its key';
}
