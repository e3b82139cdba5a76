import t from 'tap';
import { seeded } from '../../support/seeded.ts';
import { drawLeg, legAsWanted, legInWords, legsIn } from './legs.ts';

const versions = ['3.5.33', '3.6.14', '3.7.1'];

t.test('a list names where the cluster goes, and in which stage an operator takes it back', async (t) => {
  const legs = legsIn('3.7.1,3.5.33!2', versions);
  t.strictSame(legs, [
    { to: '3.7.1', stage: null },
    { to: '3.5.33', stage: 2 },
  ]);
  const [up, down] = legs.map((leg) => legAsWanted(seeded('7'), leg));
  t.strictSame(up, { to: '3.7.1', abort: null });
  t.match(down, { to: '3.5.33', abort: { stage: 2 } });
  t.match(down && legInWords(down), /^3\.5\.33, aborted \d+ ms after stage 2 has begun$/);
});

t.test('a list is refused that has what no archive brings', async (t) => {
  for (const list of ['', '3.5.16', '3.7.1,', '3.7.1!', '3.7.1!0', '3.7.1 3.5.33'])
    t.throws(() => legsIn(list, versions), /^--journeys has ".*", which no archive brings$/, list);
});

t.test('without a list, the same seed gives the same legs, some of them aborted', async (t) => {
  const legs = (seed: string) => {
    const random = seeded(seed);
    return versions.map(() => drawLeg(random, ['3.5.33', '3.7.1']));
  };
  t.strictSame(legs('7'), legs('7'));
  const random = seeded('7');
  const many = Array.from({ length: 300 }, () => drawLeg(random, ['3.5.33', '3.7.1']));
  t.strictSame(new Set(many.map(({ to }) => to)), new Set(['3.5.33', '3.7.1']));
  const aborted = many.filter(({ abort }) => abort !== null).length;
  t.ok(aborted > 60 && aborted < 120, `${aborted} of 300 are aborted`);
});
