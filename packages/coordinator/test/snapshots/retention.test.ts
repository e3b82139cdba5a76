import fc from 'fast-check';
import t from 'tap';
import { type Aged, expired } from '../../src/snapshots/retention.ts';

const hour = 3_600_000;
const day = 24 * hour;
const now = Date.parse('2027-03-01T12:30:00Z');
const policy = { everyMinutes: 60, keepHourly: 3, keepDaily: 2, keepWeekly: 2 };
const scheduled = (...agesInHours: number[]): Aged[] =>
  agesInHours.map((age) => ({
    ...{ id: `${age}h`, takenAt: now - age * hour, clusterId: 'c1' },
    ...{ forReason: false, kind: 'usual' as const, isFaulty: false },
  }));
/** The newest first. */
const left = (snapshots: readonly Aged[], inUse: readonly string[] = []) => {
  const gone = new Set(expired(snapshots.toReversed(), policy, new Set(inUse), now));
  return snapshots.map(({ id }) => id).filter((id) => !gone.has(id));
};

t.test('the newest of the last hours, days and weeks stays', async (t) => {
  // 12:30 on a Monday: the day and the week before end 12.5 hours ago.
  t.same(left(scheduled(0, 0.2, 1, 2, 3, 13, 20, 100, 200)), ['0h', '1h', '2h', '13h']);
  t.same(
    left(scheduled(1000, 1001, 2000, 3000)),
    ['1000h', '1001h', '2000h'],
    'even an old one stays if it is the last',
  );
});

t.test('one that was taken for a reason stays a day', async (t) => {
  const reasons = scheduled(0, 5, 30).map((one) => ({ ...one, forReason: true }));
  t.same(left([...reasons, ...scheduled(1, 2, 3, 13)]), ['0h', '5h', '1h', '2h', '13h']);
});

t.test('one that a restore reads stays', async (t) => {
  t.same(left(scheduled(0, 1, 2, 3, 4), ['4h']), ['0h', '1h', '2h', '4h']);
});

t.test('R19: the last one of a cluster that was given up stays, whatever is taken of the next one', async (t) => {
  const former = (clusterId: string, ...ages: number[]) => scheduled(...ages).map((one) => ({ ...one, clusterId }));
  t.same(
    left([...scheduled(0, 1, 2, 3, 13), ...former('c0', 13.2, 13.3, 900), ...former('b9', 2000, 2001)]),
    ['0h', '1h', '2h', '13h', '13.2h', '2000h'],
    'although a later one of the same day is kept, and years after it',
  );
  const ahead = former('c0', -9000, 13.3);
  t.same(
    left([...scheduled(0, 1, 2), ...former('c0', 13.2), ...ahead]),
    ['0h', '1h', '13.2h', '-9000h'],
    'also if a clock that was ahead has dated one before it',
  );
  const damaged = former('c0', 13.2).map((one) => ({ ...one, isFaulty: true }));
  t.same(left([...scheduled(0, 1, 2, 3, 13), ...damaged, ...former('c0', 13.3, 13.4)]).slice(-2), ['13.2h', '13.3h']);
});

t.test('no good one goes for the sake of a faulty one, and a faulty one goes in its time', async (t) => {
  const faulty = (...ages: number[]) => scheduled(...ages).map((one) => ({ ...one, isFaulty: true }));
  t.same(left([...faulty(0, 1), ...scheduled(2, 3, 4, 5, 13, 20)]), ['0h', '1h', '2h', '3h', '4h', '13h']);
  t.same(left([...scheduled(0, 1, 2, 13), ...faulty(3, 20)]), ['0h', '1h', '2h', '13h']);
});

t.test('no other one goes for the sake of one without a quorum, and that one has a place of its own', async (t) => {
  const rescued = (...ages: number[]) =>
    scheduled(...ages).map((one) => ({ ...one, id: `r${one.id}`, kind: 'without_quorum' as const, forReason: true }));
  const usual = ['0.5h', '1h', '2h', '13h'];
  t.same(left(scheduled(0.5, 1, 2, 3, 13)), usual);
  t.same(left([...rescued(0, 0.7, 1.2), ...scheduled(0.5, 1, 2, 3, 13)]), ['r0h', 'r0.7h', 'r1.2h', ...usual]);
  t.same(left([...rescued(2000), ...scheduled(0.5, 1, 2, 3, 13)]), ['r2000h', ...usual]);
});

t.test('R19: no other one goes for the sake of an imported one, and the last imported one stays', async (t) => {
  const imported = (...ages: number[]) =>
    scheduled(...ages).map((one) => ({
      ...{ ...one, id: `i${one.id}`, kind: 'imported' as const, clusterId: null, forReason: true },
    }));
  const usual = ['0.5h', '1h', '2h', '13h'];
  t.same(left([...imported(0.1, 1.1, 900, 901), ...scheduled(0.5, 1, 2, 3, 13)]), [
    'i0.1h',
    'i1.1h',
    'i900h',
    ...usual,
  ]);
  t.same(left([...imported(5000, 5001), ...scheduled(0.5, 1, 2, 3, 13)]), ['i5000h', 'i5001h', ...usual]);
});

const aged = fc.uniqueArray(
  fc.record({
    id: fc.stringMatching(/^[a-f0-9]{8}$/),
    takenAt: fc.integer({ min: now - 90 * day, max: now + hour }),
    clusterId: fc.constantFrom('c1', 'c2', 'c3'),
    forReason: fc.boolean(),
    kind: fc.constantFrom('usual' as const, 'without_quorum' as const, 'imported' as const),
    isFaulty: fc.boolean(),
  }),
  { selector: ({ id }) => id, maxLength: 40 },
);
const policies = fc.record({
  everyMinutes: fc.constant(60),
  keepHourly: fc.nat(30),
  keepDaily: fc.nat(10),
  keepWeekly: fc.nat(6),
});

t.test(
  'never the newest good one, nor one in use; no more than the rules say; and a second run removes nothing',
  async () => {
    fc.assert(
      fc.property(aged, policies, fc.array(fc.nat(39)), (snapshots, wanted, indexes) => {
        const inUse = new Set(indexes.flatMap((index) => snapshots[index]?.id ?? []));
        const gone = new Set(expired(snapshots, wanted, inUse, now));
        const kept = snapshots.filter(({ id }) => !gone.has(id));
        const counts = (one: Aged) => !one.isFaulty && one.kind === 'usual';
        const newest = Math.max(...snapshots.filter(counts).map(({ takenAt }) => takenAt));
        const isNewest = (one: Aged) => counts(one) && one.takenAt === newest;
        if (snapshots.some(isNewest) && !kept.some(isNewest)) return false;
        if ([...inUse].some((id) => gone.has(id))) return false;
        const clusters = new Set(snapshots.map(({ clusterId }) => clusterId)).size;
        const bound = 1 + clusters + wanted.keepHourly + wanted.keepDaily + wanted.keepWeekly;
        const free = kept.filter(({ id, forReason, takenAt }) => !inUse.has(id) && !(forReason && now - takenAt < day));
        const groups = Map.groupBy(free, ({ isFaulty, kind }) => `${isFaulty} ${kind}`);
        if ([...groups.values()].some(({ length }) => length > bound)) return false;
        return expired(kept, wanted, inUse, now).length === 0;
      }),
    );
  },
);
