import t from 'tap';
import { observations, quantile, readHistogram, since } from '../../src/etcd/fsync-histogram.ts';

const text = `# TYPE fsync_seconds histogram
fsync_seconds_bucket{le="0.001"} 5
fsync_seconds_bucket{le="0.002"} 6
fsync_seconds_bucket{le="+Inf"} 10
fsync_seconds_sum 0.1
fsync_seconds_count 10
other_fsync_seconds_bucket{le="0.001"} 99
`;
const infinite = Number.POSITIVE_INFINITY;
const histogram = { bounds: [0.001, 0.002, infinite], counts: [5, 6, 10] };

t.test('reads one histogram from many lines', async (t) => {
  t.strictSame(readHistogram(text, 'fsync_seconds'), histogram);
  t.equal(observations(histogram), 10);
});

t.test('a missing or invalid histogram gives null', async (t) => {
  t.equal(readHistogram(text, 'commit_seconds'), null);
  t.equal(readHistogram('', 'fsync_seconds'), null);
  t.equal(readHistogram(text.replace('+Inf', 'NaN'), 'fsync_seconds'), null);
  t.equal(readHistogram(text.replace('"+Inf"} 10', '"+Inf"} 3'), 'fsync_seconds'), null);
});

t.test('a quantile lies evenly within its bucket', async (t) => {
  const counts = [0, 100, 200, 200];
  const bounds = [0.004, 0.008, 0.016, infinite];
  t.equal(quantile({ bounds, counts }, 0.25), 0.006);
  t.equal(quantile({ bounds, counts }, 0.99), 0.016 - 0.008 * 0.02);
  t.equal(quantile(histogram, 0.99), 0.002, 'beyond every bound, the highest bound is the result');
  t.equal(quantile({ bounds, counts: [0, 0, 0, 0] }, 0.99), null);
});

t.test('the difference is the new observations; after a restart of etcd, all of them', async (t) => {
  const later = { ...histogram, counts: [7, 9, 13] };
  t.strictSame(since(later, histogram).counts, [2, 3, 3]);
  t.strictSame(since(later, null), later);
  t.strictSame(since(histogram, later), histogram);
});
