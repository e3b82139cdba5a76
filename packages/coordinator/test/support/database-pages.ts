import { createHash } from 'node:crypto';

export const pageSize = 4096;

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
  root.writeUInt16LE(0x02, 8);
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
