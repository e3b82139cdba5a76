import t from 'tap';
import { delayOf } from '../../src/executor/sending-time.ts';

const process = 'process1';
const now = { process, at: 100_000 };

t.test('R2: a report is as old as the time since its mark that its node has not waited', (t) => {
  t.equal(delayOf({ process, at: 60_000, after: 10_000 }, now), 30_000);
  t.equal(delayOf({ process, at: 100_000, after: 0 }, now), 0);
  t.end();
});

t.test('R2: a node that lies about its wait makes its report no newer than it is to arrive now', (t) => {
  t.equal(delayOf({ process, at: 60_000, after: 2 ** 48 }, now), 0);
  t.equal(delayOf({ process, at: 2 ** 48, after: 0 }, now), 0);
  t.equal(delayOf({ process, at: 60_000, after: 0 }, now), 40_000, 'only older');
  t.end();
});

t.test('without a mark of this process, nothing is known', (t) => {
  t.equal(delayOf(undefined, now), null, 'an older agent');
  t.equal(delayOf({ process: 'process0', at: 60_000, after: 10_000 }, now), null, 'the coordinator was restarted');
  t.end();
});
