import { failure } from '@picket/shared/errors.ts';
import type { Page } from '@picket/shared/protocol/page.ts';
import { type SelectQueryBuilder, sql } from 'kysely';
import type { PageRequest } from './inventory.ts';
import type { Schema } from './schema.ts';

/** The most items on one page, whatever limit was requested. */
export const maxPageSize = 500;

/** The order of a list. `cluster` leaves out the rows of all others. */
interface Order<Key> {
  readonly by: Key;
  readonly direction: 'asc' | 'desc';
  readonly cluster?: string | null;
}

/**
 * Reads a page of this query, in the order of a column: `name`, or one whose values are numbers. Throws `invalid_request` for an
 * impossible page.
 */
export async function readPage<Table extends keyof Schema, Row extends object, Key extends keyof Row & string, Item>(
  list: string,
  page: PageRequest,
  query: SelectQueryBuilder<Schema, Table, Row>,
  { by, direction, cluster = null }: Order<Key>,
  read: (row: Row) => Item,
): Promise<Page<Item>> {
  const size = pageSize(page);
  const after = cursorKey(list, page);
  if (after !== null && by !== 'name' && !/^\d{1,15}$/.test(after)) throw notOfThisList();
  const column = sql.ref<number | string>(by);
  const rows = await query
    .$if(cluster !== null, (all) => all.where(sql.ref('cluster'), '=', cluster))
    .$if(after !== null, (all) =>
      all.where(column, direction === 'asc' ? '>' : '<', by === 'name' ? after : Number(after)),
    )
    .orderBy(column, direction)
    .limit(size + 1)
    .execute();
  return toPage(list, rows as Row[], size, read, (row) => String(row[by]));
}

/** A page of what is in memory, in the order of its keys. Throws as {@link readPage} does. */
export function pageInMemory<From, Item>(
  list: string,
  page: PageRequest,
  all: readonly From[],
  keyOf: (one: From) => string,
  read: (one: From) => Item,
): Page<Item> {
  const size = pageSize(page);
  const after = cursorKey(list, page) ?? '';
  const sorted = all
    .map((one) => ({ one, key: keyOf(one) }))
    .filter(({ key }) => key > after)
    .sort((one, other) => (one.key < other.key ? -1 : Number(one.key > other.key)));
  return toPage(
    list,
    sorted.slice(0, size + 1),
    size,
    ({ one }) => read(one),
    ({ key }) => key,
  );
}

/** How many items this page may hold. Throws `invalid_request` for less than one. */
function pageSize({ limit }: PageRequest): number {
  if (!Number.isInteger(limit) || limit < 1) {
    throw failure('invalid_request', { problem: '"limit" must be a whole number from 1 on' });
  }
  return Math.min(limit, maxPageSize);
}

/**
 * The key after which the page begins, null for the first page. A cursor names a row and not a distance, so pages stay
 * whole while rows are added. Throws `invalid_request` for a cursor of another list or an invalid one.
 */
function cursorKey(list: string, { after }: PageRequest): string | null {
  if (after === null) return null;
  const text = Buffer.from(after, 'base64url').toString('utf8');
  const key = text.slice(list.length + 1);
  if (cursor(list, key) !== after) throw notOfThisList();
  return key;
}

/** The page of `rows`. One row more than the page holds was fetched, to learn whether there are more. */
function toPage<Row, Item>(
  list: string,
  rows: readonly Row[],
  size: number,
  read: (row: Row) => Item,
  keyOf: (row: Row) => string,
): Page<Item> {
  const shown = rows.slice(0, size);
  const last = shown.at(-1);
  const next = rows.length > size && last !== undefined ? cursor(list, keyOf(last)) : null;
  return { items: shown.map(read), next };
}

function cursor(list: string, key: string): string {
  return Buffer.from(`${list}:${key}`, 'utf8').toString('base64url');
}

const notOfThisList = () =>
  failure('invalid_request', { problem: '"after" must be the "next" of a page of this list' });
