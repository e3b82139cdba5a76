import t from 'tap';
import { isAwaited, mayBeHeard, presence, silentFor } from '../../src/model/presence.ts';
import { freshFor, longestSilence } from '../../src/model/waits.ts';

/** The coordinator was started at 1,000,000 ms with a report of 100,000 ms. */
const began = 1_000_000;
const stored = { receivedAt: 100_000, heardAt: began, unsureUntil: began + longestSilence };

t.test('a node that has never reported is not silent', async (t) => {
  t.same(presence({ receivedAt: null }, began), { state: 'never-reported' });
  t.equal(mayBeHeard({ receivedAt: null }, began), false);
});

t.test('without a start and a step of the clock, a node is silent once its last report is old', async (t) => {
  const node = { receivedAt: began };
  t.same(presence(node, began + freshFor), { state: 'reports' });
  t.same(presence(node, began + freshFor + 1), { state: 'silent', forMs: freshFor + 1 });
});

t.test('R19: after a start no node is silent that may not have had the time to report', async (t) => {
  t.same(presence(stored, began), { state: 'unsure', leftMs: longestSilence });
  t.same(presence(stored, began + longestSilence), { state: 'unsure', leftMs: 0 });
  t.equal(mayBeHeard(stored, began + longestSilence), true);
  t.equal(isAwaited(stored, began + longestSilence), true);
  t.equal(isAwaited(stored, began + longestSilence + 1), false);
});

t.test('R19: silence counts from the start', async (t) => {
  const after = longestSilence + 1;
  t.same(presence(stored, began + after), { state: 'silent', forMs: after });
  t.equal(silentFor(stored, began + 10_000), 10_000);
});

t.test(
  'R19: a report from before the start that is fresh by the clock is present, and its node is awaited',
  async (t) => {
    const fresh = { ...stored, receivedAt: began - 5000 };
    t.same(presence(fresh, began), { state: 'reports' });
    t.equal(isAwaited(fresh, began), true, 'what it has done meanwhile is not known');
  },
);
