import { minorOf } from '@picket/shared/etcd-version.ts';
import { readPart } from '../files/read-part.ts';
import { branch, firstMeta, headerBytes, leaf, type Meta } from './bbolt-structure.ts';

/** A page has at most so many others that continue it, and a bucket so many levels: etcd's own need one of each. */
const [mostOverflow, mostLevels] = [64, 8];
/** With that continuation. A node has sent the file, and says how large its pages are (R18). */
const mostPageBytes = 4 * 1024 * 1024;
const elementBytes = 16;
const bucketFlag = 0x01;
/** Where etcd 3.6 and later note the version of the format. */
const [bucket, key] = ['meta', 'storageVersion'];
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
  const meta = await firstMeta(path);
  if (meta === null) return null;
  const found = await entryBelow(path, meta, meta.root, bucket);
  if (found == null || !found.isBucket || found.value.length < elementBytes) return null;
  const root = found.value.readBigUInt64LE(0);
  // A small bucket is within the entry itself.
  const version =
    root === 0n ? entryOf(found.value.subarray(elementBytes), key) : await entryBelow(path, meta, root, key);
  if (version === null) return formatWithout;
  const text = version?.value.toString('latin1') ?? '';
  return /^\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(text) ? minorOf(text) : null;
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
