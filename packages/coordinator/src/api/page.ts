import { failure } from '@picket/shared/errors.ts';
import type { Page, PageQuery } from '@picket/shared/protocol/page.ts';
import type { PageRequest } from '../inventory/inventory.ts';
import { maxPageSize } from '../inventory/paging.ts';

const defaultLimit = 100;

/** Throws `invalid_request` for a limit that is out of range. */
export function pageOf(query: PageQuery): PageRequest {
  const limit = query.limit === undefined ? defaultLimit : Number(query.limit);
  if (limit < 1 || limit > maxPageSize) {
    throw failure('invalid_request', { problem: `querystring/limit must be from 1 to ${maxPageSize}` });
  }
  return { limit, after: query.after ?? null };
}

/** Answers with a list of the store, page by page, of one cluster or of all. */
export function pages<Record, View>(
  list: (page: PageRequest, cluster: string | null) => Promise<Page<Record>>,
  view: (record: Record) => View,
) {
  return async ({ query }: { readonly query: PageQuery }) =>
    mapPage(await list(pageOf(query), query.cluster ?? null), view);
}

export function mapPage<From, To>(page: Page<From>, view: (item: From) => To): { items: To[]; next: string | null } {
  return { items: page.items.map(view), next: page.next };
}
