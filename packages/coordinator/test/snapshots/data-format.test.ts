import { randomBytes } from 'node:crypto';
import { closeSync, openSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { minorOf } from '@picket/shared/etcd-version.ts';
import t from 'tap';
import { ensureEtcd } from '../../../../test/support/etcd-binaries.ts';
import { dataFormat } from '../../src/snapshots/data-format.ts';
import {
  branchOf,
  databasePages,
  type Entry,
  leafOf,
  pageSize,
  rootAt,
  withHash,
  writeChecksum,
} from '../support/database-pages.ts';
import { snapshotOfEtcd } from '../support/snapshot-of-etcd.ts';

const etcd = await ensureEtcd();

t.test(`the snapshot of an etcd ${etcd.version} has data of its minor version`, async (t) => {
  t.equal(await dataFormat(await snapshotOfEtcd(t, etcd)), minorOf(etcd.version));
});

t.test('the version is found where a database has it, and a database without it is of etcd 3.5', async (t) => {
  const folder = t.testdir();
  /** The format of a database with these pages; page 2 is its root. */
  let misplaced: Buffer | null = null;
  const formatWith = async (...pages: readonly Buffer[]) => {
    const whole = databasePages(randomBytes(12 * pageSize));
    for (const page of pages) page.copy(whole, Number(page.readBigUInt64LE(0)) * pageSize);
    misplaced?.copy(whole, 5 * pageSize);
    const path = join(folder, 'snapshot.db');
    writeFileSync(path, withHash(whole));
    return dataFormat(path);
  };
  const noted = (version: string): Entry[] => [
    { name: 'consistent_index', value: 'any' },
    { name: 'storageVersion', value: version },
  ];
  const metaAt = (page: number): Entry => ({ name: 'meta', value: rootAt(page), isBucket: true });
  const inRoot = leafOf(2, [{ name: 'key', value: rootAt(9), isBucket: true }, metaAt(5)]);
  t.equal(await formatWith(inRoot, leafOf(5, noted('3.6.0'))), '3.6');
  t.equal(await formatWith(inRoot, leafOf(5, [{ name: 'term', value: 'any' }])), '3.5');
  const within = { name: 'meta', value: rootAt(0, leafOf(0, noted('3.7.0'), 256)), isBucket: true };
  t.equal(await formatWith(leafOf(2, [within])), '3.7', 'a bucket within its entry');
  const tree = [
    branchOf(2, [
      ['alarm', 6],
      ['lease', 7],
      ['term', 8],
    ]),
    leafOf(7, [metaAt(5)]),
    leafOf(5, noted('3.6.0')),
  ];
  t.equal(await formatWith(...tree), '3.6', 'a tree of pages');

  t.equal(await formatWith(leafOf(2, [])), null, 'no bucket of etcd');
  t.equal(await formatWith(leafOf(2, [{ ...metaAt(5), isBucket: false }]), leafOf(5, noted('3.6.0'))), null);
  t.equal(await formatWith(inRoot, leafOf(5, noted('later'))), null, 'no version');
  t.equal(await formatWith(leafOf(2, [metaAt(99)])), null, 'no such page');

  const deep = [2, 3, 4, 6, 7, 8, 9, 10].map((page, at, all) => branchOf(page, [['', all[at + 1] ?? 11]]));
  t.equal(await formatWith(...deep, leafOf(11, [metaAt(5)]), leafOf(5, noted('3.6.0'))), null, 'deeper than any');
  t.equal(await formatWith(branchOf(2, [['', 2]])), null, 'a circle');
  const long = leafOf(5, noted('3.6.0'));
  long.writeUInt32LE(0x7fffffff, 16 + 16 + 12);
  t.equal(await formatWith(inRoot, long), null, 'a value that ends nowhere');
  misplaced = leafOf(4, noted('3.6.0'));
  t.equal(await formatWith(inRoot), null, 'another page is there');
});

t.test('R18 a page whose names are each as long as the page takes no more time than its entries', async (t) => {
  const pages = 65;
  const whole = databasePages(Buffer.alloc((3 + pages) * pageSize));
  const bytes = pages * pageSize;
  const page = leafOf(2, [], bytes);
  const count = Math.floor(bytes / 16) - 1;
  page.writeUInt16LE(count, 10);
  page.writeUInt32LE(pages - 1, 12);
  for (let entry = 1; entry <= count; entry += 1) page.writeUInt32LE(bytes, entry * 16 + 8);
  page.copy(whole, 2 * pageSize);
  const path = join(t.testdir(), 'snapshot.db');
  writeFileSync(path, withHash(whole));
  const before = process.cpuUsage();
  t.equal(await dataFormat(path), null);
  const { user, system } = process.cpuUsage(before);
  t.ok(user + system < 300_000, `it took ${user + system} µs`);
});

t.test('R18 a page larger than any of etcd is not read', async (t) => {
  const large = 8 * 1024 * 1024;
  const path = join(t.testdir(), 'snapshot.db');
  const meta = databasePages(Buffer.alloc(3 * pageSize)).subarray(0, pageSize);
  meta.writeUInt32LE(large, 24);
  writeChecksum(meta);
  writeFileSync(path, meta);
  const within: Entry = { name: 'meta', value: rootAt(0, leafOf(0, [], 256)), isBucket: true };
  const file = openSync(path, 'r+');
  writeSync(file, leafOf(2, [within]), 0, pageSize, 2 * large);
  closeSync(file);
  truncateSync(path, 3 * large);
  t.equal(await dataFormat(path), null);
});
