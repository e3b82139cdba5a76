import t from 'tap';
import { countTally, restartTally } from '../../src/host/restart-tally.ts';

const supervisor = { pid: 10, startTicks: 500 };

t.test('what the supervisor counted before the first observation counts', async (t) => {
  t.equal(restartTally().count({ supervisor, childPid: 14, startCount: 3 }), 3);
});

t.test('a count that restarts takes nothing back, and each new child is a restart', async (t) => {
  const tally = restartTally();
  const seen = [
    [11, 0, 0],
    [11, 0, 0],
    [12, 1, 1],
    // A crash months later: supervise-daemon has restarted its count.
    [13, 0, 2],
    [19, 4, 6],
    // Dead, and not restarted yet.
    [19, 4, 6],
  ] as const;
  for (const [childPid, startCount, restarts] of seen)
    t.equal(tally.count({ supervisor, childPid, startCount }), restarts);
});

t.test('the counts of several supervisors add up, with the starts between them after crashes', async (t) => {
  const tally = restartTally();
  t.equal(tally.count({ supervisor, childPid: 21, startCount: 10 }), 10);
  t.equal(tally.count({ supervisor: null, childPid: null, startCount: 0 }), 10, 'it has given up');
  tally.startedAgain();
  const next = { pid: 30, startTicks: 900 };
  t.equal(tally.count({ supervisor: next, childPid: 31, startCount: 0 }), 11);
  t.equal(tally.count({ supervisor: next, childPid: 32, startCount: 1 }), 12);
  t.equal(tally.count({ supervisor: null, childPid: 32, startCount: 1 }), 12, 'its supervisor was killed');
});

t.test('systemd’s count restarts with a manual start, and takes nothing back', async (t) => {
  const tally = countTally();
  t.equal(tally.count(3), 3, 'restarts before the first observation count');
  t.equal(tally.count(4), 4);
  t.equal(tally.count(0), 4);
  tally.startedAgain();
  t.equal(tally.count(0), 5);
  t.equal(tally.count(2), 7);
});
