import t from 'tap';
import { knownHistories } from './known-histories.ts';
import { play } from './play.ts';
import { searchBatch } from './search.ts';

/** `test/long` plays more. */
const runs = 100;

t.test('R19 status and diagnosis agree at each step of the known histories', (t) => {
  for (const { name, schedule } of knownHistories) t.doesNotThrow(() => play(schedule, undefined, 'often'), name);
  t.end();
});

t.test(`R19 status and diagnosis agree at each step of ${runs} histories`, (t) => {
  const seed = Math.floor(Math.random() * 2 ** 31);
  const finding = searchBatch(seed, 0, runs, undefined, 'often');
  t.equal(finding?.history ?? null, null, `searchBatch(${seed}, 0, ${runs}, undefined, 'often')`);
  t.end();
});
