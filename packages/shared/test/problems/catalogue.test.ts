import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  alarmCodes,
  alarmOf,
  alarms,
  catalogue,
  problemOfState,
  problemShownBy,
} from '@picket/shared/problems/catalogue.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';

const root = join(import.meta.dirname, '../../../..');

t.test('the page of each problem exists', async (t) => {
  for (const code of alarmCodes) t.ok(existsSync(join(root, `docs/how-to/${alarms[code].page}.md`)), code);
});

t.test('no two problems are shown by the same notice, or by the same state with the same headline', async (t) => {
  const shown = alarmCodes.flatMap((code) => {
    const { state, shownBy } = catalogue[code];
    return state === undefined || shownBy !== undefined ? [...(shownBy ?? [])] : [state];
  });
  t.strictSame(shown.toSorted(), [...new Set(shown)].toSorted());
});

t.test('the problem of a state goes by the headline only where a state has several', async (t) => {
  t.equal(problemOfState('read-only', 'takes_no_writes'), 'no-space');
  t.equal(problemOfState('read-only', 'data_agrees'), 'corrupt');
  t.equal(problemOfState('read-only', 'all_serve'), null);
  t.equal(problemOfState('at-risk', 'some_fail'), 'at-risk');
  t.equal(problemOfState('healthy', 'all_serve'), null);
});

t.test('a notice shows a problem, or is advice', async (t) => {
  const restarted = (restarts: number) => reason('restarted', { member: 'm-1', restarts, at: '' });
  t.strictSame(
    [2, 3].map((times) => problemShownBy(restarted(times))),
    [null, 'etcd-restarts'],
  );
  t.equal(problemShownBy(reason('takes_no_writes')), null, 'a headline is no notice');
  t.equal(alarmOf('toString'), null);
});
