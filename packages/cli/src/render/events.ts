import type { EventView } from '@picket/shared/protocol/events.ts';
import { dateTime } from './units.ts';

/** A column between the time and the words. */
export type EventColumn = 'cluster' | 'kind';

/** `picket events`: one line for each event, because a table of sentences would be too wide. */
export function eventLines(events: readonly EventView[], columns: readonly EventColumn[]): string {
  if (events.length === 0) return 'No events.';
  const widths = widthsOf(events, columns);
  return events.map((event) => eventLine(event, columns, widths)).join('\n');
}

/** The widths of these columns for these events, at least those of the lines before. */
export function widthsOf(
  events: readonly EventView[],
  columns: readonly EventColumn[],
  least: readonly number[] = [],
): readonly number[] {
  return columns.map((column, index) =>
    events.reduce((width, event) => Math.max(width, cellOf(event, column).length), least[index] ?? 0),
  );
}

export function eventLine(event: EventView, columns: readonly EventColumn[], widths: readonly number[]): string {
  const cells = columns.map((column, index) => cellOf(event, column).padEnd(widths[index] ?? 0));
  return [dateTime(event.at), ...cells, event.message].join('  ');
}

function cellOf(event: EventView, column: EventColumn): string {
  return event[column] ?? '-';
}
