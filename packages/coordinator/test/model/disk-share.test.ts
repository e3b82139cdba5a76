import fc from 'fast-check';
import t from 'tap';
import { roomFor } from '../../src/model/disk-share.ts';

const limits = { snapshotSharePercent: 50 };

t.test('a cluster that is alone has all of the disk', async (t) => {
  t.equal(roomFor('a', { free: 1000, used: new Map([['a', 0]]) }, limits), 1000);
  t.equal(roomFor('a', { free: 10, used: new Map([['a', 990]]) }, limits), 10);
  t.equal(roomFor('a', { free: -5, used: new Map([['a', 990]]) }, limits), 0, 'but not the reserve of the store');
});

t.test('R18: of two, the one that takes more leaves the other its share', async (t) => {
  const use = (a: number, b: number) => ({
    free: 1000 - a - b,
    used: new Map([
      ['a', a],
      ['b', b],
    ]),
  });
  t.equal(roomFor('a', use(0, 0), limits), 750);
  t.equal(roomFor('a', use(750, 0), limits), 0);
  t.equal(roomFor('b', use(750, 0), limits), 250);
  t.equal(roomFor('a', use(700, 250), limits), 50, 'what the other has of its share is kept no longer');
  t.equal(roomFor('a', use(0, 0), { snapshotSharePercent: 0 }), 1000, 'without shares, the first gets all');
});

t.test('R18: whatever the others store, each cluster always gets its share', (t) => {
  const names = ['a', 'b', 'c', 'd'] as const;
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.constantFrom(...names), fc.integer({ min: 1, max: 900 })), { maxLength: 60 }),
      fc.constantFrom(...names),
      (wishes, honest) => {
        const used = new Map<string, number>(names.map((name) => [name, 0]));
        let free = 4000;
        for (const [name, bytes] of wishes) {
          if (name === honest || bytes > roomFor(name, { free, used }, limits)) continue;
          used.set(name, (used.get(name) ?? 0) + bytes);
          free -= bytes;
        }
        return roomFor(honest, { free, used }, limits) >= 500;
      },
    ),
  );
  t.end();
});
