import { reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import { advancedFloor, clockDoubt } from '../../src/model/clock-doubt.ts';

const built = Date.parse('2026-01-01T00:00:00Z');
const now = Date.parse('2027-03-01T12:00:00Z');
const day = 86_400_000;
const evidence = { now, monotonic: 10_000, buildTime: built, floor: now - day, coordinator: null };
const told = (at: number, monotonic = 10_000) => ({ at, monotonic });

t.test(
  'R14: a clock before the build, before a passed moment, or far from the coordinator’s is not trusted',
  async (t) => {
    t.equal(clockDoubt(evidence), null);
    t.strictSame(
      clockDoubt({ ...evidence, now: 0 }),
      reason('clock_before_build', { now: '1970-01-01T00h UTC', other: '2026-01-01T00h UTC' }),
    );
    t.strictSame(
      clockDoubt({ ...evidence, now: now - 2 * day }),
      reason('clock_before_floor', { now: '2027-02-27T12h UTC', other: '2027-02-28T12h UTC' }),
    );
    for (const [at, other] of [
      [now - 2 * day, '2027-02-27T12h UTC'],
      [now + 2 * day, '2027-03-03T12h UTC'],
    ] as const) {
      t.strictSame(
        clockDoubt({ ...evidence, coordinator: told(at) }),
        reason('clock_far_from_coordinator', { now: '2027-03-01T12h UTC', other }),
      );
    }
    t.equal(
      clockDoubt({ ...evidence, coordinator: told(now - 2 * day, 10_000 - 2 * day) }),
      null,
      'it reported that two days ago',
    );
    t.equal(
      clockDoubt({ ...evidence, now: Number.MAX_VALUE, coordinator: told(now) }) === null,
      false,
      'even where it is no date',
    );
  },
);

t.test('R14: the stored time advances to the earlier of two clocks that agree, and never goes back', async (t) => {
  t.equal(advancedFloor(evidence), now - day, 'no answer, no advance');
  t.equal(advancedFloor({ ...evidence, coordinator: told(now - 5000) }), now - 5000);
  t.equal(advancedFloor({ ...evidence, coordinator: told(now + 5000) }), now);
  t.equal(
    advancedFloor({ ...evidence, coordinator: told(now + 400 * day) }),
    now - day,
    'a coordinator gone wrong moves nothing',
  );
  t.equal(
    advancedFloor({ ...evidence, coordinator: { ...told(now), undated: true } }),
    now - day,
    'not with every answer',
  );
  t.equal(advancedFloor({ ...evidence, floor: now, coordinator: told(now - 5000) }), now);
});
