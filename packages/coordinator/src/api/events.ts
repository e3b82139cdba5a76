import { eventInWords } from '@picket/shared/events/in-words.ts';
import { isoTime } from '@picket/shared/iso-time.ts';
import { EventView } from '@picket/shared/protocol/events.ts';
import type { ApiDeps } from './deps.ts';
import { listRoute } from './page.ts';
import type { App } from './typed.ts';

export function eventRoutes(app: App, { inventory }: ApiDeps): void {
  listRoute(app, '/v1/events', EventView, inventory.events.list, (event) => ({
    ...event,
    at: isoTime(event.at),
    message: eventInWords(event),
  }));
}
