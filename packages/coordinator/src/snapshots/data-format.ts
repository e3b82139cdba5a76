import { picketUser } from '@picket/shared/etcd-users/picket-user.ts';
import { minorOf } from '@picket/shared/etcd-version.ts';
import { readPart } from '../files/read-part.ts';
import { branch, firstMeta, headerBytes, leaf, type Meta } from './bbolt-structure.ts';

/** A page has at most so many others that continue it, and a bucket so many levels: etcd's own need one of each. */
const [mostOverflow, mostLevels] = [64, 8];
/** With that continuation. A node has sent the file, and says how large its pages are (R18). */
const mostPageBytes = 4 * 1024 * 1024;
const elementBytes = 16;
const bucketFlag = 0x01;
/** The name of a key is the revision at which it was written, in 17 or 18 octets. */
const revisionBytes = 8;
/** etcd 3.5 notes none. */
const formatWithout = '3.5';

/** An entry of a leaf. */
interface Entry {
  readonly isBucket: boolean;
  readonly value: Buffer;
}

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

/** As {@link DataFacts.format}; null if the file has no readable bucket `meta`. */
export async function dataFormat(path: string): Promise<string | null> {
  const file = await openPages(path);
  return file && formatOf(await valueIn(file, 'meta', 'storageVersion'));
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

function formatOf(version: Buffer | null | undefined): string | null {
  if (version === undefined) return null;
  if (version === null) return formatWithout;
  const text = versionIn(version);
  return text === null ? null : minorOf(text);
}

function versionIn(value: Buffer): string | null {
  const text = value.toString('latin1');
  return /^\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(text) ? text : null;
}

/** A file of bbolt, and its meta page. */
interface Pages {
  readonly path: string;
  readonly meta: Meta;
}

async function openPages(path: string): Promise<Pages | null> {
  const meta = await firstMeta(path);
  return meta && { path, meta };
}

/** The value of a key in a bucket; null if the bucket does not have it, undefined if it cannot be read. */
async function valueIn({ path, meta }: Pages, bucket: string, key: string): Promise<Buffer | null | undefined> {
  const found = await entryBelow(path, meta, meta.root, bucket);
  if (found === null && bucket !== 'meta') return null;
  if (found == null || !found.isBucket || found.value.length < elementBytes) return undefined;
  const root = found.value.readBigUInt64LE(0);
  // A small bucket is within the entry itself.
  const entry =
    root === 0n ? entryOf(found.value.subarray(elementBytes), key) : await entryBelow(path, meta, root, key);
  return entry == null ? entry : entry.value;
}

/** Reads octets of a page; fewer, if there are no more. */
type ReadPage = (from: number, bytes: number) => Promise<Buffer>;

/** The revision in the last name of the bucket of the keys; null if there is none, undefined if it cannot be read. */
async function newestKey({ path, meta }: Pages): Promise<number | null | undefined> {
  const found = await entryBelow(path, meta, meta.root, 'key');
  if (found == null || !found.isBucket || found.value.length < elementBytes) return undefined;
  const within = found.value.subarray(elementBytes);
  let number = found.value.readBigUInt64LE(0);
  for (let level = 0; level < mostLevels; level += 1) {
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
  return name.length < revisionBytes ? undefined : { revision: Number(name.readBigUInt64BE(0)) };
}

/** The entry with this name in the bucket with this root; null if there is none, undefined if a page is damaged. */
async function entryBelow(path: string, meta: Meta, root: bigint, name: string): Promise<Entry | null | undefined> {
  let number = root;
  for (let level = 0; level < mostLevels; level += 1) {
    const page = await readPage(path, meta, number);
    if (page === null) return undefined;
    if (page.readUInt16LE(8) !== branch) return entryOf(page, name);
    const next = childOf(page, name);
    if (next === null) return undefined;
    number = next;
  }
  return undefined;
}

async function readPage(path: string, { pageSize, pages }: Meta, number: bigint): Promise<Buffer | null> {
  if (number < 2n || number >= pages) return null;
  const offset = Number(number) * pageSize;
  const header = await readPart(path, offset, headerBytes);
  if (header.length < headerBytes || header.readBigUInt64LE(0) !== number) return null;
  const overflow = header.readUInt32LE(12);
  const bytes = pageSize * (overflow + 1);
  return overflow > mostOverflow || bytes > mostPageBytes ? null : readPart(path, offset, bytes);
}

/** The page in which an entry with this name is, if there is one; null if the page is damaged. Pure. */
function childOf(page: Buffer, name: string): bigint | null {
  let child: bigint | null = null;
  for (let index = 0; index < page.readUInt16LE(10); index += 1) {
    const at = headerBytes + index * elementBytes;
    if (at + elementBytes > page.length) return null;
    const from = at + page.readUInt32LE(at);
    const first = beginOf(page, from, page.readUInt32LE(at + 4), name);
    if (child !== null && first > name) break;
    child = page.readBigUInt64LE(at + 8);
  }
  return child;
}

/** As {@link entryBelow}, of a leaf. Pure. */
function entryOf(page: Buffer, name: string): Entry | null | undefined {
  if (page.length < headerBytes || page.readUInt16LE(8) !== leaf) return undefined;
  for (let index = 0; index < page.readUInt16LE(10); index += 1) {
    const at = headerBytes + index * elementBytes;
    if (at + elementBytes > page.length) return undefined;
    const from = at + page.readUInt32LE(at + 4);
    const [nameEnd, valueBytes] = [from + page.readUInt32LE(at + 8), page.readUInt32LE(at + 12)];
    if (beginOf(page, from, nameEnd - from, name) !== name) continue;
    if (nameEnd + valueBytes > page.length) return undefined;
    const isBucket = (page.readUInt32LE(at) & bucketFlag) !== 0;
    return { isBucket, value: page.subarray(nameEnd, nameEnd + valueBytes) };
  }
  return null;
}

/** As much of a name in a page as tells whether it is this one, and which comes first: a page may say that all of it is one name. */
function beginOf(page: Buffer, from: number, bytes: number, name: string): string {
  return page.toString('latin1', from, from + Math.min(bytes, name.length + 1));
}
