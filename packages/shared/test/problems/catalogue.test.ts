import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { alarmCodes, alarmOf, alarms, catalogue, problemShownBy } from '@picket/shared/problems/catalogue.ts';
import { headlineReasons } from '@picket/shared/reasons/headline.ts';
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

t.test('no two problems are shown by the same notice or the same headline', async (t) => {
  const shown = alarmCodes.flatMap((code) => catalogue[code].shownBy ?? []);
  t.strictSame(shown.toSorted(), [...new Set(shown)].toSorted());
});

/** Of a cluster that forms, changes, ends or is well, and two that do not say that something is wrong. */
const noProblems: readonly string[] = [
  ...['not_founded', 'restores_snapshot', 'members_missing', 'members_change', 'members_leave'],
  ...['takes_last_snapshot', 'being_deleted', 'was_deleted', 'all_serve', 'serve_rollout_stopped'],
  'serve_not_restartable',
  ...['held_fails', 'still_listening'],
];

t.test('each headline shows a problem, unless nothing is wrong', async (t) => {
  const shown = new Set<string>(
    alarmCodes.flatMap((code) => (catalogue[code].state === undefined ? [] : (catalogue[code].shownBy ?? []))),
  );
  const unshown = Object.keys(headlineReasons).filter((code) => !shown.has(code));
  t.strictSame(
    unshown.filter((code) => !noProblems.includes(code)),
    [],
  );
  t.strictSame(
    noProblems.filter((code) => shown.has(code)),
    [],
  );
  t.equal(problemShownBy(reason('takes_no_writes'), 'headline'), 'no-space');
});

t.test('a notice shows a problem, or is advice', async (t) => {
  const restarted = (restarts: number) => reason('restarted', { member: 'm-1', restarts, at: '' });
  t.strictSame(
    [2, 3].map((times) => problemShownBy(restarted(times), 'notice')),
    [null, 'etcd-restarts'],
  );
  t.equal(problemShownBy(reason('takes_no_writes'), 'notice'), null, 'a headline is no notice');
  t.equal(alarmOf('toString'), null);
});
