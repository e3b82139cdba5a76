import t from 'tap';
import { areNeighbours, byVersion, isEarlierMinor, outsideLimits } from '../src/etcd-version.ts';

t.test('versions are compared by their numbers', async (t) => {
  const ordered = ['3.5.9', '3.5.16', '3.6.0-rc.1', '3.6.0', '3.10.0', 'unknown'];
  t.strictSame(ordered.toReversed().toSorted(byVersion), ordered);
});

t.test('minor versions are compared by their numbers', async (t) => {
  const earlierThan3_10 = ['3.5', '3.9', '3.10', '3.11', '4.0'].filter((minor) => isEarlierMinor(minor, '3.10'));
  t.strictSame(earlierThan3_10, ['3.5', '3.9']);
});

t.test('a version outside the limits is named, and a pre-release counts as its version', async (t) => {
  const judged = (versions: readonly string[]) => versions.map(outsideLimits);
  t.strictSame(judged(['3.4.23', '2.9.9', '3.4.99-4']), ['too old', 'too old', 'too old']);
  t.strictSame(judged(['3.5.0', '3.5.0-rc.1', '3.5.16-4', '3.6.14', '3.6.99+ds1']), [null, null, null, null, null]);
  t.strictSame(judged(['3.8.0', '3.8.0-rc.1', '3.8.1-r1', '4.0.0']), ['too new', 'too new', 'too new', 'too new']);
  t.strictSame(judged(['', '3.6', '3.6.1x']), ['too new', 'too new', 'too new'], 'what nobody can read');
});

t.test('two minor versions are neighbours if no other one is between them', async (t) => {
  for (const [one, other] of [
    ['3.5', '3.6'],
    ['3.6', '3.5'],
    ['3.9', '3.10'],
  ] as const)
    t.ok(areNeighbours(one, other));
  for (const [one, other] of [
    ['3.5', '3.7'],
    ['3.5', '3.5'],
    ['3.5', '4.6'],
    ['3.5', '3.5.1'],
    ['', '3.5'],
  ] as const)
    t.notOk(areNeighbours(one, other), `${one} ${other}`);
});
