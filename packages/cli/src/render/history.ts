import type { HistorySeries, HistoryView, MemberHistory } from '@picket/shared/protocol/history.ts';
import { type BarSet, bars } from './bars.ts';
import { byteSize, dateTime } from './units.ts';

/** How the chart can be drawn. */
export interface Canvas {
  /** Of the terminal. */
  readonly columns: number;
  readonly barSet: BarSet;
}

const meanings: Readonly<Record<string, string>> = {
  'db-size': 'size of the database',
  'db-in-use': 'part of the database in use',
  'fsync-p99': "99th percentile of the fsync times of etcd's log",
  elections: 'elections of leaders',
  temperature: 'temperature of the machine',
  'memory-available': 'memory that is available to new programs',
};
const wordOf = { highest: 'the highest value', lowest: 'the lowest value', sum: 'the sum' } as const;
const narrowest = 10;

interface Line {
  readonly name: string;
  readonly values: readonly (number | null)[];
  readonly figures: readonly string[];
}

/** A chart of each metric, a line for each member. Times without a report are blank. Pure. */
export function renderHistory(view: HistoryView, canvas: Canvas): string {
  const metrics = view.members[0]?.series.map(({ metric }) => metric) ?? [];
  if (view.members.every(({ at }) => at.length === 0)) return nothingYet(view);
  const slots = slotsOf(view);
  const nameWidth = Math.max(...view.members.map(({ name }) => name.length));
  const room = Math.max(narrowest, canvas.columns - nameWidth - figuresWidth - 4);
  const perColumn = Math.max(1, Math.ceil(slots.count / room));
  const charts = metrics.map((metric) => {
    const members = view.members.flatMap((member) => {
      const series = member.series.find((one) => one.metric === metric);
      return series === undefined ? [] : [{ member, series }];
    });
    return chart(members, { slots, perColumn, nameWidth, ...canvas });
  });
  return [head(view, perColumn, canvas), ...charts].join('\n\n');
}

interface Slots {
  /** Of the first point, in milliseconds. */
  readonly first: number;
  readonly stepMs: number;
  readonly count: number;
}

interface Layout extends Canvas {
  readonly slots: Slots;
  readonly perColumn: number;
  readonly nameWidth: number;
}

function slotsOf({ since, until, stepSeconds }: HistoryView): Slots {
  const stepMs = stepSeconds * 1000;
  const first = Math.floor(Date.parse(since) / stepMs) * stepMs;
  return { first, stepMs, count: Math.floor((Date.parse(until) - first) / stepMs) + 1 };
}

function nothingYet({ cluster: name, since }: HistoryView): string {
  return `No member of ${name} has reported since ${dateTime(since)}. \`picket status ${name}\` shows the present.`;
}

function head({ since, until, stepSeconds }: HistoryView, perColumn: number, { barSet }: Canvas): string {
  const ramp = `From low to high: ${barSet.levels.join('')}`;
  return `From ${dateTime(since)} to ${dateTime(until)}, a column for ${duration(stepSeconds * perColumn)}.\n${ramp}, blank: no report`;
}

function duration(seconds: number): string {
  const minutes = seconds / 60;
  if (minutes < 60) return `${minutes} min`;
  const rest = minutes % 60;
  return rest === 0 ? `${minutes / 60} h` : `${Math.floor(minutes / 60)} h ${rest} min`;
}

const figureWidth = 9;
const figuresWidth = 3 * (figureWidth + 1);

function chart(
  members: readonly { readonly member: MemberHistory; readonly series: HistorySeries }[],
  layout: Layout,
): string {
  const [first] = members;
  if (first === undefined) return '';
  const { metric, keeps } = first.series;
  const title = `${metric}: ${meanings[metric] ?? metric}`;
  const known = members.flatMap(({ series }) => series.values.filter((value) => value !== null));
  if (known.length === 0) return `${title}\n  no member has reported it`;
  const lines = members.map(({ member, series }) => lineOf(member, series, layout));
  const drawn = lines.flatMap(({ values }) => values.filter((value) => value !== null));
  const scale = { low: startsAtZero(first.series) ? 0 : Math.min(...drawn), high: Math.max(...drawn) };
  const width = Math.ceil(layout.slots.count / layout.perColumn);
  const figures = keeps === 'sum' ? ['total'] : ['lowest', 'highest', 'latest'];
  const row = (name: string, drawing: string, cells: readonly string[]) =>
    `${name.padEnd(layout.nameWidth)}  ${drawing.padEnd(width)}  ${cells.map((cell) => cell.padStart(figureWidth)).join(' ')}`;
  return [
    `${title} (a column has ${wordOf[keeps]})`,
    row('', '', figures),
    ...lines.map(({ name, values, figures: cells }) => row(name, bars(values, scale, layout.barSet), cells)),
  ].join('\n');
}

/** Little noise of a quick disk would else look as high as a slow one. */
function startsAtZero({ unit }: HistorySeries): boolean {
  return unit === 'milliseconds' || unit === 'elections';
}

function lineOf({ name, at }: MemberHistory, series: HistorySeries, { slots, perColumn, barSet }: Layout): Line {
  const { keeps } = series;
  const values: (number | null)[] = Array.from({ length: Math.ceil(slots.count / perColumn) }, () => null);
  for (const [index, time] of at.entries()) {
    const column = Math.floor((Date.parse(time) - slots.first) / slots.stepMs / perColumn);
    const value = series.values[index] ?? null;
    if (value === null || !(column >= 0 && column < values.length)) continue;
    const before = values[column] ?? null;
    values[column] = before === null ? value : merged(keeps, before, value);
  }
  const known = series.values.filter((value) => value !== null);
  const shown = (value: number | undefined) => (value === undefined ? '-' : withUnit(value, series, barSet));
  if (keeps === 'sum') {
    const total = known.length === 0 ? undefined : known.reduce((sum, value) => sum + value, 0);
    return { name, values, figures: [shown(total)] };
  }
  const [lowest, highest] = known.length === 0 ? [] : [Math.min(...known), Math.max(...known)];
  return { name, values, figures: [shown(lowest), shown(highest), shown(known.at(-1))] };
}

function merged(keeps: HistorySeries['keeps'], one: number, other: number): number {
  if (keeps === 'sum') return one + other;
  return keeps === 'highest' ? Math.max(one, other) : Math.min(one, other);
}

/** A later coordinator may have other units. */
function withUnit(value: number, { unit }: HistorySeries, { degree }: BarSet): string {
  if (unit === 'bytes') return byteSize(value);
  if (unit === 'milliseconds') return `${value} ms`;
  return unit === 'celsius' ? `${value} ${degree}` : String(value);
}
