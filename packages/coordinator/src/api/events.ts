import { coordinatorContracts } from '@picket/shared/contract/coordinator.ts';
import { failure } from '@picket/shared/errors.ts';
import { didYouMean } from '@picket/shared/etcd-config/did-you-mean.ts';
import { eventInWords } from '@picket/shared/events/in-words.ts';
import { eventTable } from '@picket/shared/events/table.ts';
import { isoTime, parseIsoTime } from '@picket/shared/iso-time.ts';
import type { EventQuery, EventView } from '@picket/shared/protocol/events.ts';
import type { EventFilter } from '../inventory/events.ts';
import type { EventRecord } from '../inventory/inventory.ts';
import type { ApiDeps } from './deps.ts';
import { mapPage, pageOf } from './page.ts';
import { route } from './route.ts';
import type { App } from './typed.ts';

const kinds = Object.keys(eventTable);

export function eventRoutes(app: App, { inventory }: ApiDeps): void {
  route(app, coordinatorContracts.events, { quota: 'operatorPages' }, async ({ query }) => {
    const { cluster = null, newer, ...page } = query;
    const filter = { ...eventFilter(page), newerThan: newer === undefined ? undefined : Number(newer) };
    return mapPage(await inventory.events.list(pageOf(page), cluster, filter), eventView);
  });
}

/** Throws `invalid_request` for a kind or a time that does not exist. */
export function eventFilter({ node, kind, since, until }: Partial<EventQuery>): EventFilter {
  return {
    node,
    kinds: kind?.split(',').map(knownKind),
    since: since === undefined ? undefined : parseIsoTime(since),
    until: until === undefined ? undefined : parseIsoTime(until),
  };
}

export function eventView(event: EventRecord): EventView {
  return { ...event, at: isoTime(event.at), message: eventInWords(event) };
}

/** A mistyped kind would find nothing, and look as if nothing had happened. */
function knownKind(kind: string): string {
  if (kinds.includes(kind)) return kind;
  const near = didYouMean(kind, kinds);
  const meant = near === undefined ? '`picket explain` lists the kinds' : `did you mean ${near}?`;
  throw failure('invalid_request', { problem: `querystring/kind has the unknown kind ${kind}; ${meant}` });
}
