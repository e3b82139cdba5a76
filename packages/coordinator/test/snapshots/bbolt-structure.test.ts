import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { ensureEtcd, ensureLaterEtcd } from '../../../../test/support/etcd-binaries.ts';
import { structureProblem } from '../../src/snapshots/bbolt-structure.ts';
import { databasePages, pageSize, withHash, writeChecksum } from '../support/database-pages.ts';
import { snapshotOfEtcd } from '../support/snapshot-of-etcd.ts';

const binaries = [await ensureEtcd(), await ensureLaterEtcd()].filter((found) => found !== undefined);
const sound = databasePages(randomBytes(8 * pageSize));

for (const binary of binaries) {
  t.test(`what etcd ${binary.version} sends has the structure of a database`, async (t) => {
    t.equal(await structureProblem(await snapshotOfEtcd(t, binary)), null);
  });
}

t.test('what has its own hash and is no database is named', async (t) => {
  const folder = t.testdir();
  const problem = async (pages: Buffer) => {
    const path = join(folder, 'snapshot.db');
    writeFileSync(path, withHash(pages));
    return structureProblem(path);
  };
  /** With so many octets at this place of a page, and a checksum that fits. */
  const changed = (page: number, at: number, octets: readonly number[], fitting = true) => {
    const pages = Buffer.from(sound);
    const one = pages.subarray(page * pageSize, (page + 1) * pageSize);
    one.set(octets, at);
    if (fitting && page < 2) writeChecksum(one);
    return pages;
  };
  t.equal(await problem(sound), null);
  const noDatabase = 'it does not begin with the meta page of a database';
  t.equal(await problem(Buffer.alloc(50 * pageSize, 'Z')), noDatabase);
  t.equal(await problem(changed(0, 16, [0])), noDatabase, 'another magic number');
  t.equal(await problem(changed(0, 20, [1])), noDatabase, 'another version');
  t.equal(await problem(changed(0, 24, [0, 0x18])), noDatabase, 'pages of 6144 bytes');
  t.equal(await problem(changed(0, 24, [0, 2])), noDatabase, 'pages of 512 bytes');
  t.equal(await problem(changed(0, 8, [2])), noDatabase, 'another kind of page');
  t.equal(await problem(changed(0, 64, [9], false)), noDatabase, 'a changed page with its former checksum');
  t.equal(await problem(sound.subarray(0, 40)), noDatabase, 'less than a meta page');
  const second = 'its second meta page is damaged';
  t.equal(await problem(changed(1, 64, [9], false)), second);
  t.equal(await problem(changed(1, 24, [0, 0x20])), second, 'with pages of another size');
  t.equal(await problem(sound.subarray(0, pageSize)), second, 'cut off');
  t.match(await problem(sound.subarray(0, 7 * pageSize)), /^it has fewer than its 8 pages$/);
  t.match(await problem(sound.subarray(0, -512)), /no multiple of its page size of 4096$/);
  t.match(await problem(changed(0, 32, [8])), /^its root bucket is in no page of it$/);
  t.match(await problem(changed(0, 32, [1])), /^its root bucket is in no page of it$/);
  t.match(await problem(changed(2, 8, [0x10])), /^its root bucket is damaged$/, 'a list of free pages');
  t.match(await problem(changed(2, 0, [3])), /^its root bucket is damaged$/, 'the number of another page');
});
