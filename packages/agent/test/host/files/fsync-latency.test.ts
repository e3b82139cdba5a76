import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { measureFsync, percentile } from '../../../src/host/files/fsync-latency.ts';
import { temporaryFolder } from '../../support.ts';

t.test('the percentile is the value of the nearest rank', async (t) => {
  const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);
  t.equal(percentile(hundred, 0.99), 99);
  t.equal(percentile(hundred, 1), 100);
  t.equal(percentile(hundred, 0.5), 50);
  t.equal(percentile([7, 3], 0.99), 7);
  t.equal(percentile([4], 0.01), 4);
  t.ok(Number.isNaN(percentile([], 0.99)));
});

t.test('each write is awaited and timed by the given clock, and nothing is left behind', async (t) => {
  const folder = temporaryFolder(t);
  let ticks = 0;
  const now = () => (ticks += 1);
  t.strictSame(await measureFsync(folder, { now, writes: 5, withinMs: 1000 }), [1, 1, 1, 1, 1]);
  t.strictSame(readdirSync(folder), []);
});

t.test('a slow disk is written to only for the allowed time', async (t) => {
  const folder = temporaryFolder(t);
  let now = 0;
  const took = await measureFsync(folder, { now: () => (now += 300), writes: 150, withinMs: 2000 });
  t.ok(took.length < 5, `${took.length} writes`);
  t.strictSame(readdirSync(folder), []);
});

t.test('a folder that does not exist yet is measured where it will be', async (t) => {
  const folder = temporaryFolder(t);
  t.equal((await measureFsync(join(folder, 'not/yet'), { now: () => 0, writes: 3, withinMs: 9 })).length, 3);
  t.strictSame(readdirSync(folder), []);
});

t.test('an error in between removes the file all the same', async (t) => {
  const folder = temporaryFolder(t);
  let calls = 0;
  const now = () => {
    calls += 1;
    if (calls > 4) throw new Error('no clock');
    return 0;
  };
  await t.rejects(measureFsync(folder, { now, writes: 9, withinMs: 9 }), { message: 'no clock' });
  t.strictSame(readdirSync(folder), []);
});
