import type { DeleteResult, UpdateResult } from 'kysely';

/** The record of the first row that a query finds; null without one. */
export async function firstOf<Row, Item>(
  query: { executeTakeFirst(): Promise<Row | undefined> },
  read: (row: Row) => Item,
): Promise<Item | null> {
  const row = await query.executeTakeFirst();
  return row === undefined ? null : read(row);
}

/** The records of all rows that a query finds. */
export async function allOf<Row, Item>(
  query: { execute(): Promise<Row[]> },
  read: (row: Row) => Item,
): Promise<readonly Item[]> {
  return (await query.execute()).map(read);
}

/** A record as it was stored, without the number that orders the rows. */
export function withoutNumber<Row extends { readonly number: number }>({ number: _order, ...record }: Row) {
  return record;
}

/** True if a statement changes or removes a row. */
export async function changesAny(statement: {
  executeTakeFirst(): Promise<UpdateResult | DeleteResult>;
}): Promise<boolean> {
  const result = await statement.executeTakeFirst();
  return ('numUpdatedRows' in result ? result.numUpdatedRows : result.numDeletedRows) > 0n;
}
