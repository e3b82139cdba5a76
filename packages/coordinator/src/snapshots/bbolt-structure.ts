import { stat } from 'node:fs/promises';
import { readPart } from '../files/read-part.ts';
import { hashBytes } from './etcd-hash.ts';

/** The header of a page, and its flags. */
export const headerBytes = 16;
export const [branch, leaf] = [0x01, 0x02];
const meta = 0x04;
const metaBytes = headerBytes + 64;
const magic = 0xed0cdaed;
const version = 2;
/** bbolt itself looks for no other size when it opens a file. Snapshots come from machines with pages of 4 to 64 KiB. */
const [smallestPage, largestPage] = [1024, 16 * 1024 * 1024];

/** What a meta page says of the database. */
export interface Meta {
  readonly pageSize: number;
  /** The page of the root bucket. */
  readonly root: bigint;
  /** All pages have lower numbers. */
  readonly pages: bigint;
}

/**
 * What keeps this snapshot from being a database of bbolt, which etcd stores its data in; null if it has the structure of one.
 * Both meta pages must have bbolt's magic number, version and checksum, and the root bucket must be where they say. It does not
 * read the data: only etcdutl does. Without this check, anything with its own hash at the end would pass for a snapshot. The
 * layout is that of `internal/common/meta.go` and `page.go` of bbolt, in the byte order of all machines that Picket runs on.
 */
export async function structureProblem(path: string): Promise<string | null> {
  const bytes = (await stat(path)).size - hashBytes;
  const first = await firstMeta(path);
  if (first === null) return 'it does not begin with the meta page of a database';
  const { pageSize } = first;
  if (bytes % pageSize !== 0) return `its ${bytes} bytes are no multiple of its page size of ${pageSize}`;
  const second = metaOf(await readPart(path, pageSize, metaBytes), 1n);
  if (second === null || second.pageSize !== pageSize) return 'its second meta page is damaged';
  if (first.pages * BigInt(pageSize) > BigInt(bytes)) return `it has fewer than its ${first.pages} pages`;
  if (first.root < 2n || first.root >= first.pages) return 'its root bucket is in no page of it';
  const root = await readPart(path, Number(first.root) * pageSize, headerBytes);
  const isBucket = [branch, leaf].includes(root.readUInt16LE(8));
  return isBucket && root.readBigUInt64LE(0) === first.root ? null : 'its root bucket is damaged';
}

/** The meta page at the beginning; null if there is none. */
export async function firstMeta(path: string): Promise<Meta | null> {
  return firstMetaOf(await readPart(path, 0, metaBytes));
}

/** The same of the first octets of a file, or more of it. Pure. */
export function firstMetaOf(octets: Buffer): Meta | null {
  return metaOf(octets.subarray(0, metaBytes), 0n);
}

/** null for anything else than the whole meta page with this number. Pure. */
function metaOf(page: Buffer, number: bigint): Meta | null {
  if (page.length < metaBytes || page.readBigUInt64LE(0) !== number || page.readUInt16LE(8) !== meta) return null;
  const body = page.subarray(headerBytes);
  const pageSize = body.readUInt32LE(8);
  if (body.readUInt32LE(0) !== magic || body.readUInt32LE(4) !== version) return null;
  if (pageSize < smallestPage || pageSize > largestPage || (pageSize & (pageSize - 1)) !== 0) return null;
  if (body.readBigUInt64LE(56) !== fnv1a(body.subarray(0, 56))) return null;
  return { pageSize, root: body.readBigUInt64LE(16), pages: body.readBigUInt64LE(40) };
}

/** FNV-1a with 64 bits, which bbolt calls the checksum of a meta page. Pure. */
function fnv1a(octets: Buffer): bigint {
  return octets.reduce(
    (hash, octet) => BigInt.asUintN(64, (hash ^ BigInt(octet)) * 0x100000001b3n),
    0xcbf29ce484222325n,
  );
}
