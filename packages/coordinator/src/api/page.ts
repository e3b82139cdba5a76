import { failure } from '@picket/shared/errors.ts';
import type { Page, PageQuery } from '@picket/shared/protocol/operators.ts';
import { type TSchema, Type } from 'typebox';
import type { PageRequest } from '../inventory/inventory.ts';
import { maxPageSize } from '../inventory/paging.ts';

const defaultLimit = 100;

/** Throws `invalid_request` for a limit that no page can have. */
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

export function mapPage<From, To>(page: Page<From>, view: (item: From) => To): { items: To[]; next: string | null } {
  return { items: page.items.map(view), next: page.next };
}
