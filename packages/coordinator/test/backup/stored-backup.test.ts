import t from 'tap';
import { backupName, backupsIn, newestOf, superfluous } from '../../src/backup/stored-backup.ts';

const store = '14adbc6354e317a577d4';
const day = 86_400_000;
const at = Date.parse('2026-11-27T03:15:00Z');
const stored = (...times: readonly number[]) =>
  backupsIn(
    times.map((time) => backupName(store, time, true)),
    store,
  );

t.test('the name of a backup has its coordinator and its time', async (t) => {
  t.equal(backupName(store, at, false), `picket-${store}-20261127T031500Z.tar.gz`);
  t.equal(backupName(store, at, true), `picket-${store}-20261127T031500Z.tar.gz.age`);
  t.strictSame(
    stored(at - day, at).map((one) => one.at),
    [at, at - day],
    'the newest first',
  );
});

t.test('files of others are none of its backups', async (t) => {
  const others = [
    backupName('20ae6322df6b29a0ebb6', at, true),
    `${backupName(store, at, true)}.part`,
    `picket-${store}-20261399T031500Z.tar.gz`,
    'coordinator-27.tar.gz',
  ];
  t.strictSame(backupsIn(others, store), []);
});

t.test('as many stay as are to be kept, and the one that was just stored', async (t) => {
  const all = stored(at, at - day, at - 2 * day, at - 3 * day);
  const times = (keep: number, newest = at) =>
    superfluous(all, backupName(store, newest, true), keep).map((one) => (at - one.at) / day);
  t.strictSame(times(4), []);
  t.strictSame(times(2), [2, 3]);
  t.strictSame(times(1), [1, 2, 3]);
  t.strictSame(times(1, at - 3 * day), [0, 1, 2], 'after the clock was set back');
});

t.test('a backup from the future does not count as a recent one', async (t) => {
  t.equal(newestOf(stored(at + 400 * day, at - day), at)?.at, at - day);
  t.equal(newestOf(stored(at + day), at)?.at, at + day, 'a clock that is a little ahead makes no difference');
  t.equal(newestOf([], at), null);
});
