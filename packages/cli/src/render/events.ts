import type { EventView } from '@picket/shared/protocol/events.ts';
import { dateTime } from './units.ts';

/** Of the columns with the cluster and the kind, in characters. */
export interface EventWidths {
  readonly cluster: number;
  readonly kind: number;
}

/** `picket events`: one line for each event, because a table of sentences would be too wide. */
export function eventLines(events: readonly EventView[]): string {
  if (events.length === 0) return 'No events.';
  const widths = widthsOf(events);
  return events.map((event) => eventLine(event, widths)).join('\n');
}

/** The widths for these events, at least those of the lines before. */
export function widthsOf(events: readonly EventView[], least: EventWidths = { cluster: 0, kind: 0 }): EventWidths {
  return events.reduce(
    ({ cluster, kind }, event) => ({
      cluster: Math.max(cluster, clusterOf(event).length),
      kind: Math.max(kind, event.kind.length),
    }),
    least,
  );
}

export function eventLine(event: EventView, widths: EventWidths): string {
  const kind = event.kind.padEnd(widths.kind);
  return `${dateTime(event.at)}  ${clusterOf(event).padEnd(widths.cluster)}  ${kind}  ${event.message}`;
}

function clusterOf({ cluster }: EventView): string {
  return cluster ?? '-';
}
