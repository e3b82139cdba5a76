import { failure } from '@picket/shared/errors.ts';
import type { Page } from '@picket/shared/protocol/page.ts';
import { type SelectQueryBuilder, sql } from 'kysely';
import type { PageRequest } from './inventory.ts';
import type { Schema } from './schema.ts';

/** The most items on one page, whatever limit was requested. */
export const maxPageSize = 500;

/** How many items this page may hold. Throws `invalid_request` for less than one. */
export function pageSize(page: PageRequest): number {
  if (!Number.isInteger(page.limit) || page.limit < 1) {
    throw failure('invalid_request', { problem: '"limit" must be a whole number from 1 on' });
  }
  return page.limit < maxPageSize ? page.limit : maxPageSize;
}

/**
 * The key after which the page begins, undefined for the first page. A cursor names a row and not a distance, so pages
 * stay whole while rows are added. Throws `invalid_request` for a cursor of another list or an invalid one.
 */
export function cursorKey(list: string, page: PageRequest): string | undefined {
  if (page.after === null) return undefined;
  const text = Buffer.from(page.after, 'base64url').toString('utf8');
  const prefix = `${list}:`;
  if (!text.startsWith(prefix) || cursor(list, text.slice(prefix.length)) !== page.after) {
    throw notOfThisList();
  }
  return text.slice(prefix.length);
}

/**
 * Reads a page of this query, in the order of a column whose values are numbers. Throws `invalid_request` for an
 * impossible page.
 */
export async function readPage<Table extends keyof Schema, Row extends object, Key extends keyof Row & string, Item>(
  list: string,
  page: PageRequest,
  query: SelectQueryBuilder<Schema, Table, Row>,
  order: { readonly by: Key; readonly direction: 'asc' | 'desc' },
  read: (row: Row) => Item,
): Promise<Page<Item>> {
  const size = pageSize(page);
  const after = cursorKey(list, page);
  if (after !== undefined && !/^\d{1,15}$/.test(after)) throw notOfThisList();
  const by = sql.ref<number>(order.by);
  const rows = await query
    .$if(after !== undefined, (all) => all.where(by, order.direction === 'asc' ? '>' : '<', Number(after)))
    .orderBy(by, order.direction)
    .limit(size + 1)
    .execute();
  return toPage(list, rows as Row[], size, read, (row) => String(row[order.by]));
}

/** The page of `rows`. One row more than the page holds was fetched, to learn whether there are more. */
export function toPage<Row, Item>(
  list: string,
  rows: readonly Row[],
  size: number,
  read: (row: Row) => Item,
  keyOf: (row: Row) => string | number,
): Page<Item> {
  const shown = rows.slice(0, size);
  const last = shown.at(-1);
  const next = rows.length > size && last !== undefined ? cursor(list, String(keyOf(last))) : null;
  return { items: shown.map(read), next };
}

function cursor(list: string, key: string): string {
  return Buffer.from(`${list}:${key}`, 'utf8').toString('base64url');
}

const notOfThisList = () =>
  failure('invalid_request', { problem: '"after" must be the "next" of a page of this list' });
