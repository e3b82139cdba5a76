import { minorOf } from '@picket/shared/etcd-version.ts';
import { readPart } from '../files/read-part.ts';
import { branch, firstMeta, headerBytes, leaf, type Meta } from './bbolt-structure.ts';

/** A page has at most so many others that continue it, and a bucket so many levels: etcd's own need one of each. */
const [mostOverflow, mostLevels] = [64, 8];
/** With that continuation. A node has sent the file, and says how large its pages are (R18). */
const mostPageBytes = 4 * 1024 * 1024;
/** At the beginning of a page, for each of its entries. */
export const elementBytes = 16;
const bucketFlag = 0x01;
/** etcd 3.5 notes none. */
const formatWithout = '3.5';

/** An entry of a leaf. */
interface Entry {
  readonly isBucket: boolean;
  readonly value: Buffer;
}

/**
 * The minor version of the format of a snapshot's data, such as `3.6`. It may be lower than that of the etcd that wrote the data: it rises
 * only once each member of a cluster runs the later version. null if the file has no readable bucket `meta`. The layout is that of
 * `internal/common` in bbolt, the name of the key that of `server/storage/schema` in etcd.
 */
export async function dataFormat(path: string): Promise<string | null> {
  const file = await openPages(path);
  if (file === null || (await bucketIn(file, 'meta')) === null) return null;
  return formatOf(await valueIn(file, 'meta', 'storageVersion'));
}

/** The minor version of a format by the value of `storageVersion`; null if it cannot be read. Pure. */
export function formatOf(version: Buffer | null | undefined): string | null {
  if (version === undefined) return null;
  if (version === null) return formatWithout;
  const text = versionIn(version);
  return text === null ? null : minorOf(text);
}

/** Such as `3.6.0`; null if the value is no version. Pure. */
export function versionIn(value: Buffer): string | null {
  const text = value.toString('latin1');
  return /^\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(text) ? text : null;
}

/** A file of bbolt, and its meta page. */
export interface Pages {
  readonly path: string;
  readonly meta: Meta;
}

/** Null if it does not begin with a meta page. */
export async function openPages(path: string): Promise<Pages | null> {
  const meta = await firstMeta(path);
  return meta && { path, meta };
}

/** The value of a key in a bucket; null if there is none, undefined if it cannot be read. */
export async function valueIn(file: Pages, bucket: string, key: string): Promise<Buffer | null | undefined> {
  const value = await bucketIn(file, bucket);
  if (value == null) return value;
  const root = value.readBigUInt64LE(0);
  // A small bucket is within the entry itself.
  const entry =
    root === 0n ? entryOf(value.subarray(elementBytes), key) : await entryBelow(file.path, file.meta, root, key);
  return entry == null ? entry : entry.value;
}

/** What the root has of a bucket: the page of its own root, and all of a small bucket. null if there is none, undefined if it cannot be read. */
export async function bucketIn({ path, meta }: Pages, name: string): Promise<Buffer | null | undefined> {
  const found = await entryBelow(path, meta, meta.root, name);
  if (found == null) return found;
  return found.isBucket && found.value.length >= elementBytes ? found.value : undefined;
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
