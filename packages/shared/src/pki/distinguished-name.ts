import { failure } from '../errors.ts';
import {
  DerError,
  type DerNode,
  fieldsOfSequence,
  fieldsOfSet,
  isUniversal,
  octetsOf,
  oid,
  oidOf,
  primitive,
  sequence,
  set,
  Tag,
} from './der.ts';
import { excerpt } from './excerpt.ts';
import { Oid } from './oids.ts';

/** The upper bound of RFC 5280 (ub-common-name), in characters. */
const maxCommonNameLength = 64;

/**
 * A Name of one common name as UTF8String, or the empty Name. Throws `name_invalid` unless the common name has 1–64
 * characters, none of them a control character.
 */
export function encodeName(commonName: string | undefined): DerNode {
  if (commonName === undefined) return sequence();
  const problem = commonNameProblem(commonName);
  if (problem !== undefined) {
    throw failure('name_invalid', { kind: 'common name', name: excerpt(commonName), problem });
  }
  const value = primitive(Tag.utf8String, Buffer.from(commonName));
  return sequence(set(sequence(oid(Oid.commonName), value)));
}

/**
 * The common name of a Name, whatever else it holds; the last where there are several, as Go and so etcd choose.
 * Throws DerError.
 */
export function commonNameOf(name: DerNode): string | undefined {
  let commonName: string | undefined;
  for (const rdn of fieldsOfSequence(name, 'a name').rest()) {
    for (const attribute of fieldsOfSet(rdn, 'a name').rest()) {
      const fields = fieldsOfSequence(attribute, 'a name');
      const type = oidOf(fields.next(), 'a name');
      const value = fields.next();
      fields.end();
      if (type === Oid.commonName) commonName = directoryString(value);
    }
  }
  return commonName;
}

function directoryString(node: DerNode): string {
  // forge has already decoded this one.
  if (isUniversal(node, Tag.bmpString) && typeof node.value === 'string') return node.value;
  const octets = octetsOf(node, 'a common name');
  if (isUniversal(node, Tag.utf8String)) {
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(octets);
    } catch {
      throw new DerError('a common name is not UTF-8');
    }
  }
  const latin = [Tag.printableString, Tag.ia5String, Tag.teletexString];
  if (latin.some((tag) => isUniversal(node, tag))) return octets.toString('latin1');
  throw new DerError('a common name has an unexpected type');
}

function commonNameProblem(commonName: string): string | undefined {
  if (commonName.trim() === '') return 'it is empty';
  if (!commonName.isWellFormed()) return 'it is not well-formed Unicode';
  if (/\p{Cc}/u.test(commonName)) return 'it holds control characters';
  if ([...commonName].length > maxCommonNameLength) return `it is longer than ${maxCommonNameLength} characters`;
  return undefined;
}
