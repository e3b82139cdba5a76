import t from 'tap';
import { knownHistories } from './known-histories.ts';
import { play } from './play.ts';
import { searchBatch } from './search.ts';

/**
 * The same histories each time: a change is judged by what it changed, not by the luck of a draw. `npm run simulate` and
 * `npm run test:night` draw new ones.
 */
const seeds = [1, 2, 3, 4, 5];
const runs = 20;

// R19 too: status and diagnosis agree at each step.
for (const { name, schedule } of knownHistories) {
  t.test(name, (t) => {
    t.doesNotThrow(() => play(schedule, undefined, 'often'));
    t.end();
  });
}

t.test('R17 in the known histories with an upgrade, it begins', (t) => {
  const ordered = knownHistories.filter(({ schedule }) => schedule.acts.some((act) => act.do === 'upgrade-cluster'));
  t.ok(ordered.length > 4);
  for (const { name, schedule } of ordered) t.ok(play(schedule).upgrades > 0, name);
  t.end();
});

t.test(`R1 R2 R3 R4 R5 R6 R12 R16 R17 and liveness hold over ${seeds.length} times ${runs} histories`, (t) => {
  for (const seed of seeds) {
    const finding = searchBatch(seed, 0, runs);
    t.equal(finding?.history ?? null, null, `npm run simulate -- --seed ${seed} --path ${finding?.path ?? '0:0'}`);
  }
  t.end();
});
