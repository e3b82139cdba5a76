import { createHash, randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { reserveBytes } from '../../src/files/disk-room.ts';
import { openSnapshotFolder } from '../../src/snapshots/snapshot-folder.ts';
import { databasePages, pageSize, withHash } from '../support/database-pages.ts';

const id = 'snapshot0001';
const most = 10_000_000;

/** As from etcd: a database, then its hash. */
function snapshot(): Buffer {
  return withHash(databasePages(randomBytes(5 * pageSize)));
}

t.test('R9: a snapshot is whole and readable only by its owner, or does not exist', async (t) => {
  const path = join(t.testdir(), 'snapshots');
  const folder = await openSnapshotFolder(path);
  const octets = snapshot();
  const incoming = await folder.receive(id, most);
  for (let from = 0; from < octets.length; from += 7000) await incoming.append(octets.subarray(from, from + 7000));
  t.same(readdirSync(path), [`${id}.db.part`], 'nothing has its name before it is whole');
  const judged = async (at: string) => {
    t.same(readFileSync(at), octets, 'all of it can be checked');
    t.same(readdirSync(path), [`${id}.db.part`], 'and it has its name only then');
    return 'good';
  };
  const [facts, verdict] = await incoming.finish(octets.length, judged);
  t.equal(verdict, 'good');
  const sha256 = createHash('sha256').update(octets).digest('hex');
  t.same(facts, { sizeBytes: octets.length, sha256 });
  t.same(readFileSync(folder.pathOf(id)), octets);
  t.equal(statSync(folder.pathOf(id)).mode & 0o777, 0o600);
  t.same(await folder.check(id), facts);
  t.same(await folder.read(id, 20_000, 1_000_000), octets.subarray(20_000));
  t.equal((await folder.read(id, octets.length, 10)).length, 0);
  await folder.remove(id);
  t.same(readdirSync(path), []);
  await t.rejects(folder.check(id), { code: 'snapshot_damaged', facts: { problem: 'its file is missing' } });
});

const whole = snapshot();
const letters = withHash(Buffer.alloc(10 * pageSize, 'Z'));
const flipped = Buffer.from(whole);
flipped[700] = (flipped[700] ?? 0) ^ 1;
for (const [what, octets, told, problem] of [
  ['cut short', whole.subarray(0, 512 * 20 + 32), whole.length, /were sent/],
  ['truncated at the sender', whole.subarray(0, 512 * 20 + 32), 512 * 20 + 32, /does not match the hash/],
  ['changed on its way', flipped, flipped.length, /does not match the hash/],
  ['no snapshot', Buffer.alloc(1000), 1000, /cannot be a snapshot/],
  ['no database', letters, letters.length, /does not begin with the meta page of a database/],
] as const) {
  t.test(`R9: what is ${what} leaves nothing`, async (t) => {
    const folder = await openSnapshotFolder(join(t.testdir(), 'snapshots'));
    const incoming = await folder.receive(id, most);
    await incoming.append(octets);
    await t.rejects(
      incoming.finish(told, async () => null),
      { code: 'snapshot_invalid', facts: { problem } },
    );
    t.same(readdirSync(folder.path), []);
  });
}

t.test('R9: a snapshot that the check rejects leaves nothing', async (t) => {
  const folder = await openSnapshotFolder(join(t.testdir(), 'snapshots'));
  const incoming = await folder.receive(id, most);
  await incoming.append(whole);
  const judge = () => Promise.reject(new Error('no database'));
  await t.rejects(incoming.finish(whole.length, judge), { message: 'no database' });
  t.same(readdirSync(folder.path), []);
});

t.test('a snapshot that was changed on the disk is detected', async (t) => {
  const folder = await openSnapshotFolder(join(t.testdir(), 'snapshots'));
  writeFileSync(folder.pathOf(id), flipped);
  await t.rejects(folder.check(id), { code: 'snapshot_damaged' });
});

t.test('a snapshot that is too large, or has no room, is refused; the store keeps its room', async (t) => {
  let free = reserveBytes + 1000;
  const path = join(t.testdir(), 'snapshots');
  const folder = await openSnapshotFolder(path, async () => free);
  writeFileSync(folder.pathOf('kept00000001'), whole);
  const incoming = await folder.receive(id, 1500);
  await incoming.append(Buffer.alloc(1000));
  await t.rejects(incoming.append(Buffer.alloc(501)), {
    code: 'snapshot_invalid',
    facts: { problem: /larger than the 1500/ },
  });
  free = reserveBytes;
  await t.rejects(incoming.append(Buffer.alloc(1)), { code: 'snapshot_no_room', facts: { reserveMiB: 128 } });
  await incoming.abandon();
  free = reserveBytes - 1;
  await t.rejects(folder.receive(id, most), { code: 'snapshot_no_room' });
  t.same(readdirSync(path), ['kept00000001.db'], 'nothing incomplete exists, and what existed still does');
});

t.test('incomplete files from an earlier coordinator are removed, and whole ones are left', async (t) => {
  const path = t.testdir({ 'old000000001.db': 'whole', 'new000000001.db.part': 'half' });
  await openSnapshotFolder(path);
  t.same(readdirSync(path), ['old000000001.db']);
});
