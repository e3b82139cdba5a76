import t from 'tap';
import { steadyClock } from '../../src/retention/steady-clock.ts';

const hour = 3_600_000;
const day = 24 * hour;

t.test('R14: a clock that only time has moved for a day is steady', async (t) => {
  const isSteady = steadyClock(1000, 0);
  t.equal(isSteady(1000 + day - 1, day - 1), false);
  t.equal(isSteady(1000 + day, day), true);
});

t.test('R14: a clock that was set is steady a day later', async (t) => {
  const isSteady = steadyClock(0, 0);
  t.equal(isSteady(2 * day, day), false);
  t.equal(isSteady(3 * day - 1, 2 * day - 1), false);
  t.equal(isSteady(3 * day, 2 * day), true);
});

t.test('a correction by a time server does not count as setting the clock', async (t) => {
  const isSteady = steadyClock(0, 0);
  t.equal(isSteady(day + 60_000, day), true);
});
