import t from 'tap';
import { searchBatch } from './search.ts';

/** All that `simulation.test.ts` looks for is looked for in these as well; `test/long` plays more. */
const runs = 40;

t.test(`R19 status and diagnosis agree at each step of ${runs} histories`, (t) => {
  const seed = Math.floor(Math.random() * 2 ** 31);
  const finding = searchBatch(seed, 0, runs, undefined, 'often');
  t.equal(finding?.history ?? null, null, `searchBatch(${seed}, 0, ${runs}, undefined, 'often')`);
  t.end();
});
