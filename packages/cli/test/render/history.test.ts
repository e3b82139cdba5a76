import type { HistorySeries, HistoryView, MemberHistory } from '@picket/shared/protocol/history.ts';
import t from 'tap';
import { barSetFor } from '../../src/render/bars.ts';
import { renderHistory } from '../../src/render/history.ts';

const minute = 60_000;
const since = Date.parse('2026-11-27T12:00:00Z');
const utf8 = barSetFor({ LANG: 'en_GB.UTF-8' });
const ascii = barSetFor({});

const iso = (ms: number) => new Date(since + ms).toISOString();

const kinds = {
  'db-size': { unit: 'bytes', keeps: 'highest' },
  'fsync-p99': { unit: 'milliseconds', keeps: 'highest' },
  elections: { unit: 'elections', keeps: 'sum' },
  temperature: { unit: 'celsius', keeps: 'highest' },
  'memory-available': { unit: 'bytes', keeps: 'lowest' },
} as const;

/** A member with a point at each of these minutes. */
function member(
  name: string,
  minutes: readonly number[],
  values: Partial<Record<keyof typeof kinds, readonly (number | null)[]>>,
): MemberHistory {
  const series = Object.entries(values).map(
    ([metric, known]): HistorySeries => ({
      metric: metric as keyof typeof kinds,
      ...kinds[metric as keyof typeof kinds],
      values: [...known],
    }),
  );
  return { name, at: minutes.map((one) => iso(one * minute)), series };
}

const viewOf = (members: readonly MemberHistory[], minutes = 40): HistoryView => ({
  ...{ cluster: 'x-k3s', since: iso(0), until: iso(minutes * minute), stepSeconds: 300, members: [...members] },
});

/** The bars of each line with a member. */
function barsIn(text: string, name: string): string[] {
  return text.split('\n').flatMap((line) => (line.startsWith(name) ? [line.slice(name.length + 2)] : []));
}

t.test('each member has a line, with gaps where it did not report, on one scale for all', (t) => {
  const text = renderHistory(
    viewOf([
      member('m-1', [0, 5, 10, 30, 40], { temperature: [40, 44, 48, 80, 60] }),
      member('m-2', [0, 5], { temperature: [null, 64] }),
      member('m-3', [], { temperature: [] }),
    ]),
    { columns: 80, barSet: utf8 },
  );
  t.equal(
    text,
    `From 2026-11-27 12:00:00Z to 2026-11-27 12:40:00Z, a column for 5 min.
From low to high: ▁▂▃▄▅▆▇█, blank: no report

temperature: temperature of the machine (a column has the highest value)
                   lowest   highest    latest
m-1  ▁▁▂   █ ▅      40 °C     80 °C     60 °C
m-2   ▅             64 °C     64 °C     64 °C
m-3                     -         -         -`,
  );
  t.end();
});

t.test('a column has the worst value of its time, and elections are added up', (t) => {
  const minutes = Array.from({ length: 288 }, (_, index) => index * 5);
  const at = (index: number, special: number, usual: number) =>
    minutes.map((_, one) => (one === index ? special : usual));
  const text = renderHistory(
    viewOf(
      [
        member('m-1', minutes, {
          'fsync-p99': at(100, 90, 4),
          elections: at(101, 2, 0),
          'memory-available': at(50, 100e6, 900e6),
        }),
      ],
      24 * 60,
    ),
    { columns: 80, barSet: ascii },
  );
  t.match(text, 'a column for 35 min.');
  const [fsyncs = '', elections = '', memory = ''] = barsIn(text, 'm-1');
  t.match(fsyncs, /^_{14}#_{26}_? +4 ms +90 ms +4 ms$/);
  t.match(elections, /^_{14}#_{26}_? +2$/);
  t.match(memory, /^#{7}_#{33}#? +100 MB +900 MB +900 MB$/);
  t.end();
});

t.test('noise of a quick disk stays low, and a value that never changes too', (t) => {
  const text = renderHistory(
    viewOf([member('m-1', [0, 5, 10], { 'fsync-p99': [7, 8, 7], 'db-size': [4096, 4096, 4096] })]),
    {
      columns: 80,
      barSet: ascii,
    },
  );
  const [fsyncs = '', sizes = ''] = barsIn(text, 'm-1');
  t.match(fsyncs, /^##?#/, 'from zero');
  t.match(sizes, /^___ /);
  t.match(sizes, /4\.1 kB +4\.1 kB +4\.1 kB$/);
  t.end();
});

t.test('no line is wider than the terminal, and none ends without its figures', (t) => {
  const minutes = Array.from({ length: 289 }, (_, index) => index * 5);
  const view = viewOf([member('x-k3s-m-1', minutes, { temperature: minutes.map(() => 50) })], 24 * 60);
  for (const columns of [60, 80, 132, 200]) {
    const lines = renderHistory(view, { columns, barSet: utf8 }).split('\n');
    t.ok(
      lines.slice(4).every((line) => line.length <= columns),
      `${columns} columns`,
    );
  }
  const [narrow = ''] = barsIn(renderHistory(view, { columns: 1, barSet: utf8 }), 'x-k3s-m-1');
  t.match(narrow, /^▁{8,10} +50 °C +50 °C +50 °C$/);
  t.end();
});

t.test('what nobody has reported is said', (t) => {
  const known = viewOf([member('m-1', [0], { temperature: [50], 'fsync-p99': [null] })]);
  t.match(renderHistory(known, { columns: 80, barSet: ascii }), /log\n {2}no member has reported it$/);
  const nothing = viewOf([member('m-1', [], { temperature: [] })]);
  t.equal(
    renderHistory(nothing, { columns: 80, barSet: ascii }),
    'No member of x-k3s has reported since 2026-11-27 12:00:00Z. `picket status x-k3s` shows the present.',
  );
  t.end();
});

t.test('block characters only in a locale of UTF-8, of which LC_ALL counts first', (t) => {
  for (const [env, isUtf8] of [
    [{ LANG: 'C.UTF-8' }, true],
    [{ LANG: 'de_DE.utf8' }, true],
    [{ LC_ALL: '', LC_CTYPE: 'en_GB.UTF-8', LANG: 'C' }, true],
    [{ LC_ALL: 'C', LANG: 'en_GB.UTF-8' }, false],
    [{ LANG: 'POSIX' }, false],
    [{}, false],
  ] as const)
    t.equal(barSetFor(env), isUtf8 ? utf8 : ascii, JSON.stringify(env));
  t.end();
});
