import type { EventView } from '@picket/shared/protocol/events.ts';
import type { Api, EventsWanted } from '../api.ts';
import type { Shell } from '../shell.ts';
import { untilInterrupted } from './until-interrupted.ts';

/** Before the stream is opened again. */
const pauseMs = 2000;

/**
 * Passes on each later event once, in order, until the user interrupts. Goes on after the last event when the
 * connection or the coordinator comes back.
 *
 * @param newest the ID of the last event that the user has seen; 0: nothing that is older than `since`
 */
export async function followEvents(
  api: Api,
  shell: Shell,
  { since, ...wanted }: EventsWanted,
  newest: number,
  take: (event: EventView) => void,
): Promise<void> {
  let last = newest;
  const filter = () => (last === 0 ? { ...wanted, since } : wanted);
  const takeNew = (event: EventView): void => {
    if (event.id <= last) return;
    last = event.id;
    take(event);
  };
  await untilInterrupted(
    shell,
    'picket events',
    () => shell.io.sleep(pauseMs),
    async () => {
      await api.streamEvents(filter(), last, {
        event: (data) => takeNew(data as EventView),
        upTo: (id) => {
          last = id;
        },
        gap: (message) => shell.note(`picket: ${message}`),
      });
    },
  );
}
