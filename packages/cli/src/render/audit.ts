import type { AuditEntry } from '@picket/shared/protocol/audit.ts';
import { dateTime } from './units.ts';

/** In characters; `--output json` has the whole. */
const longestDetail = 200;

/** `picket audit list`: one line for each entry. A request whose result is listed has no line of its own. */
export function auditLines(entries: readonly AuditEntry[]): string {
  const answered = new Set(entries.map(({ request }) => request));
  const shown = entries.filter(({ number, kind }) => kind !== 'request' || !answered.has(number));
  if (shown.length === 0) return 'No entries yet.';
  const rows = shown.map((entry) => [
    dateTime(entry.at),
    String(entry.number),
    entry.from === null ? entry.by : `${entry.by} (${entry.from})`,
    entry.action,
    entry.object ?? '-',
    outcomeOf(entry),
    detailOf(entry),
  ]);
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function outcomeOf({ kind, outcome, count }: AuditEntry): string {
  if (kind === 'request') return 'no result stored';
  return count === null ? (outcome ?? '-') : `${outcome ?? '-'} × ${count}`;
}

/** What was asked for, then each field that was changed. */
function detailOf({ asked, before, after }: AuditEntry): string {
  const words = asked === null ? [] : Object.entries(asked).map(([name, value]) => `${name}=${shown(value)}`);
  const was = new Map(before === null ? [] : leaves(before));
  const is = new Map(after === null ? [] : leaves(after));
  const changes = [...new Set([...was.keys(), ...is.keys()])].map((name) => {
    if (before === null) return `${name}: ${shown(is.get(name))}`;
    return `${name}: ${shown(was.get(name))} → ${shown(is.get(name))}`;
  });
  const text = [words.join(' '), changes.join(', ')].filter((part) => part !== '').join('; ');
  return text.length > longestDetail ? `${text.slice(0, longestDetail)} …` : text;
}

/** The fields of nested objects by their paths, such as `tuning.heartbeatIntervalMs`. */
function leaves(facts: object, path = ''): [string, unknown][] {
  return Object.entries(facts).flatMap(([name, value]): [string, unknown][] => {
    const inner = typeof value === 'object' && value !== null && !Array.isArray(value);
    return inner && Object.keys(value as object).length > 0
      ? leaves(value as object, `${path}${name}.`)
      : [[`${path}${name}`, value]];
  });
}

function shown(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value ?? null);
}
