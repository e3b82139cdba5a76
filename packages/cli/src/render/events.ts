import { plain } from '@picket/shared/plain.ts';
import type { EventView } from '@picket/shared/protocol/events.ts';
import { dateTime } from './units.ts';

/** `picket events`: one line for each event, because a table of sentences would be too wide. */
export function eventLines(events: readonly EventView[]): string {
  if (events.length === 0) return 'No events yet.';
  const width = (of: (event: EventView) => string) =>
    events.reduce((widest, event) => Math.max(widest, of(event).length), 0);
  const cluster = (event: EventView) => plain(event.cluster ?? '-');
  const kind = (event: EventView) => plain(event.kind);
  const [clusterWidth, kindWidth] = [width(cluster), width(kind)];
  return events
    .map(
      (event) =>
        `${dateTime(event.at)}  ${cluster(event).padEnd(clusterWidth)}  ${kind(event).padEnd(kindWidth)}  ${plain(event.message)}`,
    )
    .join('\n');
}
