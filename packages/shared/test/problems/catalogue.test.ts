import { existsSync, readFileSync } from 'node:fs';
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

t.test('the page about notifications has the severity and the time of each problem', async (t) => {
  const page = readFileSync(join(root, 'docs/how-to/get-notified.md'), 'utf8');
  for (const code of alarmCodes) {
    const row = page.split('\n').find((line) => line.startsWith('| ') && line.includes(`\`${code}\``)) ?? '';
    const [, , severity = '', after = ''] = row.split('|').map((cell) => cell.trim());
    const minutes = after === 'at once' ? 0 : Number(after.replace(' min', ''));
    t.strictSame([severity, minutes], [alarms[code].severity, alarms[code].afterMinutes], code);
  }
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
