import t from 'tap';
import { batchSize, searchBatch } from '../simulation/search.ts';

/** So many seeds, of which each has one batch of histories. */
const seeds = 20;

t.test(`R19 status and diagnosis agree at each step of ${seeds * batchSize} histories`, (t) => {
  for (let count = 0; count < seeds; count += 1) {
    const seed = Math.floor(Math.random() * 2 ** 31);
    const finding = searchBatch(seed, 0, batchSize, undefined, 'often');
    t.equal(finding?.history ?? null, null, `searchBatch(${seed}, 0, ${batchSize}, undefined, 'often')`);
  }
  t.end();
});
