import t from 'tap';
import { figure, jsonOf, missedLine, tableOf } from '../../bench/table.ts';
import { benchWith } from './samples.ts';

const restart = {
  bench: benchWith(),
  result: { name: 'restart', ours: 1.2, peer: 1, ratio: 1.2, oursRuns: [1.1, 1.2, 4], peerRuns: [1, 1, 1.25] },
};
const poll = {
  bench: benchWith({ name: 'poll', unit: '/s', better: 'higher', reach: 0.6, goal: 0.9, leavesOut: [] }),
  result: { name: 'poll', ours: 5_000, peer: 10_000.4, ratio: 0.49998, oursRuns: [5_000], peerRuns: [10_000.4] },
};

t.test('the table stands in columns, and explains each bench below', async (t) => {
  t.equal(
    tableOf([restart, poll], 'a board'),
    `bench    ours     peer      ratio  reach at first  goal    verdict
-------  -------  --------  -----  --------------  ------  -------
restart  1.20 s   1.00 s    1.20   ≤ 1.3           ≤ 1.05  inside
poll     5,000/s  10,000/s  0.50   ≥ 0.6           ≥ 0.9   missed

Medians; ratio = ours / peer. Machine: a board.

restart (3 runs of each; lower is better)
  ours: a restart with Picket; 1.10 s to 4.00 s
  peer: a bare restart; 1.00 s to 1.25 s
  left out: The disk is a fast one.

poll (1 run of each; higher is better)
  ours: a restart with Picket; 5,000/s to 5,000/s
  peer: a bare restart; 10,000/s to 10,000/s`,
  );
});

t.test('a line of --json holds what was promised, unrounded', async (t) => {
  t.same(JSON.parse(jsonOf(poll, 'a board')), {
    name: 'poll',
    ours: 5_000,
    peer: 10_000.4,
    ratio: 0.49998,
    unit: '/s',
    runs: 1,
    machine: 'a board',
  });
});

t.test('figures have three digits', async (t) => {
  t.equal(figure(0.123456, 's'), '0.123 s');
  t.equal(figure(48.25, 'MB'), '48.3 MB');
  t.equal(figure(99.96, 'MB'), '100 MB');
  t.equal(figure(12_345.6, '/s'), '12,346/s');
});

t.test('a bench that missed its limit is named with its ratio and the limit', async (t) => {
  t.equal(missedLine(poll.bench, poll.result), '✗ poll: the ratio is 0.50 and must be ≥ 0.6');
});
