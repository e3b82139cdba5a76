import { rules } from '@picket/shared/diagnosis/causes.ts';
import { diagnose } from '@picket/shared/diagnosis/diagnose.ts';
import { conditionEvents } from '@picket/shared/events/conditions.ts';
import { alarmCodes } from '@picket/shared/problems/catalogue.ts';
import { headlineReasons } from '@picket/shared/reasons/headline.ts';
import { machineReasons } from '@picket/shared/reasons/machines.ts';
import { noticeReasons } from '@picket/shared/reasons/notices.ts';
import t from 'tap';
import { History } from './problem-history.ts';
import { beginnings, problemScenes } from './problem-scenes.ts';
import { sameAsRecorded } from './recorded.ts';

/** How they are recorded again. */
const again = 'PICKET_RECORD=1 npm test -- test/golden/problems.test.ts';
const played = Object.entries(problemScenes).map(([title, play]) => {
  const history = beginnings[title]?.() ?? new History();
  play(history);
  return { title, lines: history.lines };
});

t.test('each problem begins, lasts and ends in all places as it did', async (t) => {
  const parts = played.map(({ title, lines }) => [`== ${title}`, ...lines, ''].join('\n'));
  sameAsRecorded(t, 'tables/problems.txt', parts.join('\n'), again);
});

t.test('each fact proves the same causes as it did', async (t) => {
  const members = [1, 2, 3].map((number) => {
    return { name: `x-k3s-m-${number}`, address: `192.168.7.${10 + number}`, memberId: `a${number}` };
  });
  const facts = {
    path: '/etc/etcd/x.pem',
    port: 2380,
    remote: '192.168.7.13',
    offsetMs: 90_000,
    fsyncMs: 150,
    off: [],
  };
  const causesOf = (code: string, more: object, place: 'elsewhere' | 'board') => {
    const reason = { code, facts: { ...facts, ...more } };
    const at = '2026-11-28T14:00:00.000Z';
    const evidence = [{ reason, about: 'x-k3s-m-2', at, from: 'machine' as const }];
    const self = place === 'board' ? 'x-k3s-m-2' : null;
    const given = { cluster: 'x-k3s', place, self, members, failing: ['x-k3s-m-2'], now: at, statusNext: null };
    return diagnose({ ...given, evidence }).map(({ cause, next, page, otherwise }) =>
      [cause, `${next?.on ?? 'here'}: ${next?.command}`, page, ...otherwise.map((one) => one.code)].join(' | '),
    );
  };
  const errors = rules.flatMap((rule) => (rule.errors ?? []).map((error) => ['picket_error', { error }] as const));
  const codes = new Map([...rules.flatMap(({ shownBy }) => shownBy)].map((code) => [code as string, {}]));
  const lines = [...codes, ...errors].flatMap(([code, more]) => {
    const [elsewhere, board] = [causesOf(code, more, 'elsewhere'), causesOf(code, more, 'board')];
    const name = `${code}${'error' in more ? ` ${more.error}` : ''}`;
    const isSame = elsewhere.join() === board.join();
    return [`${name} → ${elsewhere.join(' + ')}`, ...(isSame ? [] : [`  on the board → ${board.join(' + ')}`])];
  });
  sameAsRecorded(t, 'tables/causes.txt', lines.toSorted().join('\n'), again);
});

/** What no scene shows, since it is no problem of a cluster that runs. */
const noProblems: readonly string[] = [
  // Answers to requests, and advice on a declaration.
  ...['more_waits', 'more_told', 'more_reported', 'one_member', 'even_count', 'shared_addresses'],
  ...['joins_wait_while_frozen', 'every_member_joined', 'member_reports', 'token_for_same_machine'],
  // A cluster that is being formed or changed on purpose.
  ...['not_founded', 'restores_snapshot', 'members_change', 'members_leave', 'restored_from_snapshot'],
  'versions_installed',
];

t.test('a scene shows each problem that a place knows', async (t) => {
  const words = new Set(played.flatMap(({ lines }) => lines.flatMap((line) => line.split(/[^\w-]+/))));
  const unseen = (names: readonly string[]) => names.filter((name) => !words.has(name) && !noProblems.includes(name));
  const tables = { ...headlineReasons, ...noticeReasons, ...machineReasons };
  t.strictSame(unseen(Object.keys(tables)), [], 'headlines and notices');
  t.strictSame(unseen(Object.keys(conditionEvents)), [], 'events');
  const sent = new Set(
    played.flatMap(({ lines }) => lines.flatMap((line) => / sent \S+ (\S+) since/.exec(line)?.[1] ?? [])),
  );
  t.strictSame(
    alarmCodes.filter((rule) => !sent.has(rule)),
    [],
    'notifications',
  );
});
