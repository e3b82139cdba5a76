import t from 'tap';
import { measure, median, turns, verdictOn } from '../../bench/measure.ts';

/** Gives these figures, one a call, and notes who was asked. */
function scripted(asked: string[], side: string, figures: number[]): () => Promise<number> {
  return async () => {
    asked.push(side);
    return figures.shift() ?? Number.NaN;
  };
}

t.test('the median is the middle one, or between the two in the middle', async (t) => {
  t.equal(median([3]), 3);
  t.equal(median([9, 1, 2]), 2);
  t.equal(median([10, 1, 4, 2]), 3);
  t.throws(() => median([]), RangeError);
});

t.test('both sides are measured in each run, and take turns at being first', async (t) => {
  t.same(turns(3), ['ours', 'peer', 'peer', 'ours', 'ours', 'peer']);
});

t.test('a result holds the medians, their ratio and every run', async (t) => {
  const asked: string[] = [];
  const told: string[] = [];
  const prepared = {
    ours: scripted(asked, 'ours', [3, 100, 2]),
    peer: scripted(asked, 'peer', [2, 1, 2]),
  };
  const { signal } = new AbortController();
  const result = await measure({ name: 'restart' }, prepared, 3, signal, (side, figure) =>
    told.push(`${side} ${figure}`),
  );
  t.same(asked, ['ours', 'peer', 'peer', 'ours', 'ours', 'peer']);
  t.same(result, { name: 'restart', ours: 3, peer: 2, ratio: 1.5, oursRuns: [3, 100, 2], peerRuns: [2, 1, 2] });
  t.same(told, ['ours 3', 'peer 2', 'peer 1', 'ours 100', 'ours 2', 'peer 2']);
});

t.test('a figure that is none fails the bench instead of making a ratio', async (t) => {
  const { signal } = new AbortController();
  for (const figure of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
    const prepared = { ours: async () => figure, peer: async () => 1 };
    await t.rejects(
      measure({ name: 'poll' }, prepared, 1, signal, () => undefined),
      { message: /ours measured/ },
    );
  }
});

t.test('it measures no further once the user has had enough', async (t) => {
  const stopping = new AbortController();
  const asked: string[] = [];
  const prepared = { ours: scripted(asked, 'ours', [1, 1]), peer: scripted(asked, 'peer', [1, 1]) };
  const stop = () => stopping.abort(new Error('enough'));
  await t.rejects(measure({ name: 'poll' }, prepared, 2, stopping.signal, stop), { message: 'enough' });
  t.same(asked, ['ours']);
});

t.test('a verdict knows which way is better, and a ratio on the line has arrived', async (t) => {
  const lower = { better: 'lower', reach: 1.5, goal: 1.1 } as const;
  t.equal(verdictOn(1.1, lower), 'goal');
  t.equal(verdictOn(1.2, lower), 'inside');
  t.equal(verdictOn(1.5, lower), 'inside');
  t.equal(verdictOn(1.51, lower), 'missed');
  const higher = { better: 'higher', reach: 0.4, goal: 1 } as const;
  t.equal(verdictOn(2, higher), 'goal');
  t.equal(verdictOn(0.4, higher), 'inside');
  t.equal(verdictOn(0.39, higher), 'missed');
});
