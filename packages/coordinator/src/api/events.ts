import { coordinatorContracts } from '@picket/shared/contract/coordinator.ts';
import { eventInWords } from '@picket/shared/events/in-words.ts';
import { internalStepEvents } from '@picket/shared/events/internal-steps.ts';
import { eventTable } from '@picket/shared/events/table.ts';
import { isoTime, parseIsoTime } from '@picket/shared/iso-time.ts';
import type { EventQuery, EventView } from '@picket/shared/protocol/events.ts';
import type { EventFilter } from '../inventory/events.ts';
import type { EventRecord } from '../inventory/inventory.ts';
import type { ApiDeps } from './deps.ts';
import { requireClusters, requireSubject } from './known-names.ts';
import { knownWords, mapPage, pageOf } from './page.ts';
import { type App, route } from './route.ts';

const kinds = Object.keys(eventTable);
const internalKinds = Object.keys(internalStepEvents);

export function eventRoutes(app: App, deps: ApiDeps): void {
  const { inventory } = deps;
  route(app, coordinatorContracts.events, { quota: 'operatorPages' }, async ({ query }) => {
    const { cluster = null, newer, ...page } = query;
    await requireNamed(deps, query);
    const filter = { ...eventFilter(page), newerThan: newer === undefined ? undefined : Number(newer) };
    return mapPage(await inventory.events.list(pageOf(page), cluster, filter), eventView);
  });
}

/** Throws `not_found` for a cluster or a node that does not exist. */
export async function requireNamed(deps: ApiDeps, { cluster, node }: Partial<EventQuery>): Promise<void> {
  requireClusters(deps, cluster === undefined ? [] : [cluster]);
  if (node !== undefined) await requireSubject(deps, node, cluster ?? null);
}

/** Throws `invalid_request` for a kind or a time that does not exist. */
export function eventFilter({ node, kind, since, until, internal }: Partial<EventQuery>): EventFilter {
  return {
    node,
    kinds: kind === undefined ? undefined : knownWords('kind', kind, kinds, '`picket explain` lists the kinds'),
    otherThan: internal === undefined ? undefined : internalKinds,
    since: since === undefined ? undefined : parseIsoTime(since),
    until: until === undefined ? undefined : parseIsoTime(until),
  };
}

export function eventView(event: EventRecord): EventView {
  return { ...event, at: isoTime(event.at), message: eventInWords(event) };
}
