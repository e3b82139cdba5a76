import { plain, plainIn, plainLines } from '@picket/shared/plain.ts';
import t from 'tap';
import { byteSize, dateTime, endOf, pastTime, span } from '../../src/render/units.ts';

t.test('sizes are those that etcdctl prints', async (t) => {
  const sizes = [
    [0, '0 B'],
    [9, '9 B'],
    [10, '10 B'],
    [999, '999 B'],
    [1000, '1.0 kB'],
    [9_940, '9.9 kB'],
    [20_480, '20 kB'],
    [24_576, '25 kB'],
    [21_500, '22 kB'],
    [999_960, '1000 kB'],
    [2_100_000, '2.1 MB'],
    [8 * 1024 ** 3, '8.6 GB'],
  ] as const;
  for (const [bytes, text] of sizes) t.equal(byteSize(bytes), text);
});

t.test('spans are in their largest unit, rounded down', async (t) => {
  const second = 1000;
  const spans = [
    [0, '0s'],
    [59.9 * second, '59s'],
    [60 * second, '1m'],
    [3600 * second, '1h'],
    [47 * 3600 * second, '47h'],
    [48 * 3600 * second, '2d'],
    [400 * 86_400 * second, '400d'],
  ] as const;
  for (const [ms, text] of spans) t.equal(span(ms), text);
});

t.test('dates', async (t) => {
  const times = { now: Date.parse('2026-11-24T12:00:00Z'), inUtc: false };
  const utc = { ...times, inUtc: true };
  t.equal(dateTime('2026-11-24T12:00:00.123Z'), '2026-11-24 12:00:00Z');
  t.equal(endOf('2027-11-24T12:00:00Z', times), '2027-11-24 (365d left)');
  t.equal(endOf('2026-11-24T13:30:00Z', times), '2026-11-24 (1h left)');
  t.equal(endOf('2026-11-24T12:00:00Z', times), '2026-11-24 (expired)');
  t.equal(endOf('2026-11-24T13:30:00.123Z', utc), '2026-11-24 13:30:00Z');
  t.equal(endOf('2026-11-24T12:00:00Z', utc), '2026-11-24 12:00:00Z (expired)');
  t.equal(pastTime('2026-11-24T11:55:00Z', times), '5m ago');
  t.equal(pastTime('2026-11-24T12:00:05Z', times), '0s ago', 'a clock was set back');
  t.equal(pastTime('2026-11-24T11:55:00.123Z', utc), '2026-11-24 11:55:00Z');
});

t.test('what nodes send cannot steer the terminal', async (t) => {
  t.equal(plain('a\u001b[2Jb\nc\u202ed'), 'a\\u001b[2Jb\\u000ac\\u202ed');
  t.equal(plainLines('a\n\u0007b'), 'a\n\\u0007b');
  t.equal(plain('主机'), '主机');
  t.same(plainIn({ 'a\n': ['b\u0007', { c: 'd\n', e: 1, f: null }] }), {
    'a\\u000a': ['b\\u0007', { c: 'd\\u000a', e: 1, f: null }],
  });
});
