import t from 'tap';
import { readyStatus } from '../../../shared/test/samples/node-status.ts';
import { bootWatch } from '../../src/identity/boot-watch.ts';

const { agent } = readyStatus();
const whole = (run: number, second = 0) => ({
  run,
  changed: { agent: { ...agent, startedAt: `2026-01-01T00:00:0${second}Z` } },
});

const delta = (run: number) => ({ run, changed: {} });

/** True if any of these reports is the sign of a copy. */
function isCopied(reports: readonly (ReturnType<typeof whole> | ReturnType<typeof delta>)[]): boolean {
  const boots = bootWatch();
  return reports.map((report) => boots.showsCopy('node0001', report)).some(Boolean);
}

t.test('R15: runs that follow each other are those of one node, even if one overtakes another once', async (t) => {
  t.equal(isCopied([whole(1), whole(2), whole(3), whole(4)]), false);
  t.equal(isCopied([whole(1), whole(2), whole(1), whole(3), whole(4)]), false);
  t.equal(isCopied([whole(1), whole(1), whole(1)]), false);
});

t.test('R15: runs that report in turns are those of a node and its copy', async (t) => {
  t.equal(isCopied([whole(1), whole(2), whole(1), whole(2), whole(1)]), true);
  t.equal(isCopied([whole(5, 1), whole(5, 2), whole(5, 1), whole(5, 2), whole(5, 1)]), true, 'of the same number too');
  t.equal(isCopied([whole(1), whole(2), whole(3), whole(1), whole(2)]), true, 'of two copies too');
});

t.test('R15: a copy is noticed that reports only changes, while the reports of the node are refused', async (t) => {
  t.equal(isCopied([whole(1), whole(2), whole(1), delta(2), whole(1)]), true);
  t.equal(isCopied([whole(2), whole(1), delta(2), whole(1), delta(2)]), true, 'after a restart of the coordinator too');
});

t.test('R15: a late report of a former run is no sign of a copy', async (t) => {
  t.equal(isCopied([whole(1), whole(2), delta(1), delta(2), delta(2)]), false);
});

t.test('a report of another node is no sign, and neither is one that does not name its run', async (t) => {
  const boots = bootWatch();
  const said = [
    boots.showsCopy('node0001', whole(1)),
    boots.showsCopy('node0002', whole(2)),
    boots.showsCopy('node0001', whole(1)),
    boots.showsCopy('node0002', whole(2)),
    boots.showsCopy('node0001', delta(9)),
    boots.showsCopy('node0001', whole(1)),
    boots.showsCopy('node0001', delta(9)),
    boots.showsCopy('node0001', whole(1)),
  ];
  t.notOk(said.some(Boolean));
});
