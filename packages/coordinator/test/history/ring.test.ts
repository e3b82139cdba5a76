import t from 'tap';
import { emptyRing, most, type Point, type Ring, slotOf, steps, withPoints } from '../../src/history/ring.ts';
import { sampleFigures } from './figures.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const start = Date.UTC(2026, 10, 1);

const at = (when: number, temperature = 50): Point => ({
  slot: slotOf(when, 'fine'),
  figures: sampleFigures({ temperature }),
});

/** The history after these moments, each a point that is stored at once. */
function after(moments: readonly number[], ring: Ring = emptyRing): Ring {
  return moments.reduce((before, when) => withPoints(before, [at(when)], when), ring);
}

const every = (ms: number, from: number, to: number) =>
  Array.from({ length: Math.floor((to - from) / ms) }, (_, index) => from + index * ms);

const isOrdered = (points: readonly Point[]) =>
  points.every(({ slot }, index) => index === 0 || slot > (points[index - 1]?.slot ?? slot));

t.test('a point keeps the worst value of its time', (t) => {
  const parts = [
    sampleFigures({ 'fsync-p99': 4, 'memory-available': 900, elections: 1 }),
    sampleFigures({ 'fsync-p99': 90, 'memory-available': 300, elections: 0 }),
    sampleFigures({ 'fsync-p99': 5, 'memory-available': 800, elections: 2 }),
  ].map((figures) => ({ slot: slotOf(start, 'fine'), figures }));
  const { fine, coarse } = withPoints(withPoints(emptyRing, parts.slice(0, 1), start), parts.slice(1), start);
  const worst = sampleFigures({ 'fsync-p99': 90, 'memory-available': 300, elections: 3 });
  t.same(fine, [{ slot: start / steps.fine, figures: worst }]);
  t.same(coarse, [{ slot: start / steps.coarse, figures: worst }]);
  t.end();
});

t.test(
  'R18: a history keeps the last day in steps of 5 min and the last 30 days in hours, however long it goes on',
  (t) => {
    const end = start + 40 * day;
    const { fine, coarse } = after(
      every(30 * minute, start, end - 2 * day).concat(every(5 * minute, end - 2 * day, end)),
    );
    t.equal(fine.length, most.fine);
    t.equal(coarse.length, most.coarse);
    t.equal(fine[0]?.slot, slotOf(end - day, 'fine'));
    t.equal(coarse[0]?.slot, slotOf(end - 30 * day, 'coarse'));
    t.end();
  },
);

t.test('R18: a clock that goes back and forth leaves a history in order, and within its bound', (t) => {
  const day1 = after(every(5 * minute, start, start + day));
  const wrong = [start - 20 * 365 * day, start + 14 * 365 * day, start + day, start + hour, start + day + 1];
  const jumped = wrong.reduce((ring, from) => after(every(5 * minute, from, from + 2 * hour), ring), day1);
  for (const points of [jumped.fine, jumped.coarse]) t.ok(isOrdered(points));
  t.equal(jumped.fine.length, most.fine);
  t.end();
});

t.test('points of the future go before those of the past, once the clock is right again', (t) => {
  const future = start + 14 * 365 * day;
  const wrong = after(every(5 * minute, future, future + day), after(every(5 * minute, start, start + day)));
  t.equal(wrong.fine[0]?.slot, slotOf(future, 'fine'), 'a day of a wrong clock is kept');
  const right = after(every(5 * minute, start + 2 * day, start + 3 * day), wrong);
  t.equal(right.fine.length, most.fine);
  t.equal(right.fine[0]?.slot, slotOf(start + 2 * day, 'fine'));
  t.equal(right.fine.at(-1)?.slot, slotOf(start + 3 * day - 5 * minute, 'fine'));
  t.end();
});

t.test('an hour of a clock that starts in 1970 costs no more than an hour', (t) => {
  const known = after(every(5 * minute, start, start + day));
  const woken = after(every(5 * minute, 0, hour), known);
  const kept = woken.fine.filter(({ slot }) => slot >= slotOf(start, 'fine'));
  t.equal(kept.length, most.fine - 12);
  const right = after(every(5 * minute, start + day, start + day + hour), woken);
  t.equal(right.fine.filter(({ slot }) => slot < slotOf(start, 'fine')).length, 0);
  t.end();
});
