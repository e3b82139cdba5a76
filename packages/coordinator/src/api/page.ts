import { failure } from '@picket/shared/errors.ts';
import { type Page, PageQuery } from '@picket/shared/protocol/page.ts';
import { type Static, type TSchema, Type } from 'typebox';
import type { PageRequest } from '../inventory/inventory.ts';
import { maxPageSize } from '../inventory/paging.ts';
import type { App } from './typed.ts';

const defaultLimit = 100;

/** Throws `invalid_request` for a limit that is out of range. */
export function pageOf(query: PageQuery): PageRequest {
  const limit = query.limit === undefined ? defaultLimit : Number(query.limit);
  if (limit < 1 || limit > maxPageSize) {
    throw failure('invalid_request', { problem: `querystring/limit must be from 1 to ${maxPageSize}` });
  }
  return { limit, after: query.after ?? null };
}

export function pageSchema<Item extends TSchema>(item: Item) {
  return Type.Object({ items: Type.Array(item), next: Type.Union([Type.String(), Type.Null()]) });
}

/** Registers `GET path`: a list of the store, page by page, of one cluster or of all. */
export function listRoute<Record, Item extends TSchema>(
  app: App,
  path: string,
  item: Item,
  list: (page: PageRequest, cluster: string | null) => Promise<Page<Record>>,
  view: (record: Record) => Static<Item>,
): void {
  app.get(
    path,
    {
      config: { access: 'viewer', quota: 'operatorPages' },
      schema: { querystring: PageQuery, response: { 200: pageSchema<TSchema>(item) } },
    },
    async ({ query }) => mapPage(await list(pageOf(query), query.cluster ?? null), view),
  );
}

export function mapPage<From, To>(page: Page<From>, view: (item: From) => To): { items: To[]; next: string | null } {
  return { items: page.items.map(view), next: page.next };
}
