import t from 'tap';
import { type Seeded, seeded, seedOfRun } from './seeded.ts';

const draw = (choices: Seeded) => Array.from({ length: 200 }, () => choices.between(1, 6));

t.test('the same seed gives the same choices, another gives others', async (t) => {
  t.strictSame(draw(seeded('7')), draw(seeded('7')));
  t.notSame(draw(seeded('7')), draw(seeded('8')));
});

t.test('a seed gives these choices on every machine', async (t) => {
  const choices = seeded('picket');
  t.strictSame(
    Array.from({ length: 8 }, () => choices.between(0, 99)),
    [30, 11, 3, 2, 36, 80, 16, 63],
  );
});

t.test('choices lie between both ends, which are both chosen', async (t) => {
  t.strictSame(new Set(draw(seeded('7'))), new Set([1, 2, 3, 4, 5, 6]));
  t.equal(seeded('7').between(3, 3), 3);
  t.equal(seeded('7').pick(['only']), 'only');
});

t.test('a stream does not depend on what else was drawn', async (t) => {
  const choices = seeded('7');
  const before = draw(choices.stream('host'));
  draw(choices);
  t.strictSame(draw(choices.stream('host')), before);
  t.notSame(draw(choices.stream('other')), before);
});

t.test('a run is done again with its seed', async (t) => {
  t.equal(seedOfRun({ PICKET_SEED: '42' }), '42');
  t.match(seedOfRun({}), /^\d+$/);
});
