import { createHash } from 'node:crypto';

export const pageSize = 4096;
const [branch, leaf] = [0x01, 0x02];

/**
 * As many bytes as this filling, with the structure of a database of bbolt: two meta pages and a root bucket take the place of
 * its first three pages.
 */
export function databasePages(filling: Buffer): Buffer {
  const pages = Buffer.from(filling);
  const count = BigInt(pages.length / pageSize);
  for (const number of [0, 1])
    writeMeta(pages.subarray(number * pageSize, (number + 1) * pageSize), BigInt(number), count);
  const root = pages.subarray(2 * pageSize, 3 * pageSize).fill(0);
  root.writeBigUInt64LE(2n, 0);
  root.writeUInt16LE(leaf, 8);
  return pages;
}

/** With the hash that etcd puts at the end of a snapshot. */
export function withHash(pages: Buffer): Buffer {
  return Buffer.concat([pages, createHash('sha256').update(pages).digest()]);
}

/** Puts the checksum of a meta page right, after a test has changed it. */
export function writeChecksum(page: Buffer): void {
  let hash = 0xcbf29ce484222325n;
  for (const octet of page.subarray(16, 72)) hash = BigInt.asUintN(64, (hash ^ BigInt(octet)) * 0x100000001b3n);
  page.writeBigUInt64LE(hash, 72);
}

function writeMeta(page: Buffer, number: bigint, pageCount: bigint): void {
  page.fill(0);
  page.writeBigUInt64LE(number, 0);
  page.writeUInt16LE(0x04, 8);
  page.writeUInt32LE(0xed0cdaed, 16);
  page.writeUInt32LE(2, 20);
  page.writeUInt32LE(pageSize, 24);
  page.writeBigUInt64LE(2n, 32);
  page.writeBigUInt64LE(0xffffffffffffffffn, 48);
  page.writeBigUInt64LE(pageCount, 56);
  page.writeBigUInt64LE(8n - number, 64);
  writeChecksum(page);
}

/** An entry of a leaf. */
export interface Entry {
  readonly name: string;
  readonly value: Buffer | string;
  readonly isBucket?: boolean;
}

/** A leaf of bbolt with these entries. */
export function leafOf(number: number, entries: readonly Entry[], bytes = pageSize): Buffer {
  const page = header(number, leaf, entries.length, bytes);
  let at = 16 + entries.length * 16;
  for (const [index, { name, value, isBucket = false }] of entries.entries()) {
    const element = 16 + index * 16;
    const octets = Buffer.from(value);
    page.writeUInt32LE(isBucket ? 1 : 0, element);
    page.writeUInt32LE(at - element, element + 4);
    page.writeUInt32LE(name.length, element + 8);
    page.writeUInt32LE(octets.length, element + 12);
    page.write(name, at, 'latin1');
    octets.copy(page, at + name.length);
    at += name.length + octets.length;
  }
  return page;
}

/** A page with the numbers of these pages, each with the first name in it. */
export function branchOf(number: number, children: readonly (readonly [first: string, page: number])[]): Buffer {
  const page = header(number, branch, children.length);
  let at = 16 + children.length * 16;
  for (const [index, [first, child]] of children.entries()) {
    const element = 16 + index * 16;
    page.writeUInt32LE(at - element, element);
    page.writeUInt32LE(first.length, element + 4);
    page.writeBigUInt64LE(BigInt(child), element + 8);
    at += page.write(first, at, 'latin1');
  }
  return page;
}

function header(number: number, flags: number, count: number, bytes = pageSize): Buffer {
  const page = Buffer.alloc(bytes);
  page.writeBigUInt64LE(BigInt(number), 0);
  page.writeUInt16LE(flags, 8);
  page.writeUInt16LE(count, 10);
  return page;
}

/** The value of a bucket: the page of its root; 0: the root follows. */
export function rootAt(page: number, within: Buffer = Buffer.alloc(0)): Buffer {
  const value = Buffer.alloc(16);
  value.writeBigUInt64LE(BigInt(page), 0);
  return Buffer.concat([value, within]);
}

/** A database whose data has the format of this version of etcd. */
export function databaseOfFormat(version: string): Buffer {
  const pages = databasePages(Buffer.alloc(4 * pageSize));
  leafOf(2, [{ name: 'meta', value: rootAt(3), isBucket: true }]).copy(pages, 2 * pageSize);
  leafOf(3, [{ name: 'storageVersion', value: version }]).copy(pages, 3 * pageSize);
  return pages;
}

/** What etcd would have written; left out: nothing. */
export interface Written {
  readonly storageVersion?: string;
  readonly confState?: boolean;
  readonly clusterVersion?: string;
  readonly authEnabled?: boolean;
  /** The record of the etcd user of Picket's agents. */
  readonly user?: Buffer;
  /** Of the newest key. */
  readonly revision?: number;
}

/** A database with the buckets of etcd. */
export function databaseOf(written: Written): Buffer {
  const { storageVersion, confState = true, clusterVersion, authEnabled, user, revision = 5 } = written;
  const pages = databasePages(Buffer.alloc((user === undefined ? 7 : 8) * pageSize));
  const put = (page: Buffer, number: number) => page.copy(pages, number * pageSize);
  put(
    leafOf(2, [
      { name: 'auth', value: rootAt(3), isBucket: true },
      ...(user === undefined ? [] : [{ name: 'authUsers', value: rootAt(7), isBucket: true }]),
      { name: 'cluster', value: rootAt(4), isBucket: true },
      { name: 'key', value: rootAt(5), isBucket: true },
      { name: 'meta', value: rootAt(6), isBucket: true },
    ]),
    2,
  );
  put(leafOf(3, authEnabled === undefined ? [] : [{ name: 'authEnabled', value: authEnabled ? '\x01' : '\x00' }]), 3);
  if (user !== undefined) put(leafOf(7, [{ name: 'picket-agent', value: user }]), 7);
  put(leafOf(4, clusterVersion === undefined ? [] : [{ name: 'clusterVersion', value: clusterVersion }]), 4);
  put(leafOf(5, revision === 0 ? [] : [1, revision].map((main) => ({ name: revisionName(main), value: 'any' }))), 5);
  put(
    leafOf(6, [
      ...(confState ? [{ name: 'confState', value: '{}' }] : []),
      ...(storageVersion === undefined ? [] : [{ name: 'storageVersion', value: storageVersion }]),
    ]),
    6,
  );
  return pages;
}

/** How etcd names a key that was written at this revision. */
export function revisionName(main: number): string {
  const name = Buffer.alloc(17);
  name.writeBigUInt64BE(BigInt(main), 0);
  name.write('_', 8);
  return name.toString('latin1');
}
