import { picketUser } from '@picket/shared/etcd-users/picket-user.ts';
import { readPart } from '../files/read-part.ts';
import { branch, headerBytes, leaf } from './bbolt-structure.ts';
import { bucketIn, elementBytes, formatOf, openPages, type Pages, valueIn, versionIn } from './data-format.ts';

/** The name of a key is the revision at which it was written, in 17 or 18 octets. */
const revisionBytes = 8;
/** From the root of the bucket of the keys to a leaf: with 100 names in a page, eight levels have 10¹⁶ keys. */
const mostSteps = 8;

/** What a snapshot says of its data. */
export interface DataFacts {
  /**
   * The minor version of the format of the data, such as `3.6`. It may be lower than that of the etcd that wrote the data: it rises only
   * once each member of a cluster runs the later version.
   */
  readonly format: string;
  /** The version that all members of its cluster had at least, such as `3.4.0`; null if none was noted. */
  readonly clusterVersion: string | null;
  /** etcd 3.5 or later has served with it. */
  readonly isOf35: boolean;
  /** False if etcd's authentication is on in it, and the user of Picket's agents does not have the role root. */
  readonly admitsPicket: boolean;
  /** Of the newest key or deletion that is kept; null if there is none. */
  readonly revision: number | null;
}

/**
 * Null if its buckets cannot be read. The layout is that of `internal/common` in bbolt, the names of buckets and keys are those of
 * `server/storage/schema` in etcd.
 */
export async function dataFacts(path: string): Promise<DataFacts | null> {
  const file = await openPages(path);
  if (file === null) return null;
  const format = formatOf(await valueIn(file, 'meta', 'storageVersion'));
  const confState = await valueIn(file, 'meta', 'confState');
  const clusterVersion = await valueIn(file, 'cluster', 'clusterVersion');
  const enabled = await valueIn(file, 'auth', 'authEnabled');
  const user = await valueIn(file, 'authUsers', picketUser);
  const newest = await newestKey(file);
  if (format === null || newest === undefined) return null;
  if ([confState, clusterVersion, enabled, user].includes(undefined)) return null;
  return {
    format,
    clusterVersion: clusterVersion == null ? null : versionIn(clusterVersion),
    isOf35: confState !== null,
    admitsPicket: enabled?.[0] !== 1 || (user != null && rolesIn(user).includes('root')),
    revision: newest,
  };
}

/** Of `authpb.User` in etcd, in the form of protobuf: each of its fields has a length, which takes one octet or two. */
function rolesIn(user: Buffer): readonly string[] {
  const [fieldOfRole, withLength] = [3, 2];
  const roles: string[] = [];
  for (let at = 0; at + 1 < user.length; ) {
    const [tag = 0, first = 0, second = 0] = user.subarray(at, at + 3);
    const [length, begin] = first < 0x80 ? [first, at + 2] : [(first & 0x7f) | (second << 7), at + 3];
    const isWhole = (first < 0x80 || second < 0x80) && begin + length <= user.length;
    if ((tag & 7) !== withLength || !isWhole) return roles;
    if (tag >> 3 === fieldOfRole) roles.push(user.toString('utf8', begin, begin + length));
    at = begin + length;
  }
  return roles;
}

/** Reads octets of a page; fewer, if there are no more. */
type ReadPage = (from: number, bytes: number) => Promise<Buffer>;

/** The revision in the last name of the bucket of the keys; null if there is none, undefined if it cannot be read. */
async function newestKey(file: Pages): Promise<number | null | undefined> {
  const bucket = await bucketIn(file, 'key');
  if (bucket == null) return undefined;
  const { path, meta } = file;
  const within = bucket.subarray(elementBytes);
  let number = bucket.readBigUInt64LE(0);
  for (let steps = 0; steps < mostSteps; steps += 1) {
    const begin = Number(number) * meta.pageSize;
    // A value may have more than a megabyte, and a page any number of them: only its last name is read.
    const read: ReadPage =
      number === 0n
        ? async (from, bytes) => within.subarray(from, from + bytes)
        : (from, bytes) => readPart(path, begin + from, bytes);
    const last = await lastOf(read, number);
    if (last === undefined || last === null) return last;
    if ('revision' in last) return last.revision;
    number = last.child;
    if (number < 2n || number >= meta.pages) return undefined;
  }
  return undefined;
}

/** The last child of a page, or the revision in its last name; null if it is empty, undefined if it is damaged. */
async function lastOf(
  read: ReadPage,
  number: bigint,
): Promise<{ readonly child: bigint } | { readonly revision: number } | null | undefined> {
  const header = await read(0, headerBytes);
  if (header.length < headerBytes || header.readBigUInt64LE(0) !== number) return undefined;
  const flags = header.readUInt16LE(8);
  const count = header.readUInt16LE(10);
  if (flags !== branch && flags !== leaf) return undefined;
  if (count === 0) return flags === leaf ? null : undefined;
  const at = headerBytes + (count - 1) * elementBytes;
  const element = await read(at, elementBytes);
  if (element.length < elementBytes) return undefined;
  if (flags === branch) return { child: element.readBigUInt64LE(8) };
  const name = await read(at + element.readUInt32LE(4), revisionBytes);
  if (name.length < revisionBytes) return undefined;
  const revision = Number(name.readBigUInt64BE(0));
  return Number.isSafeInteger(revision) ? { revision } : undefined;
}
