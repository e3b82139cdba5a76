import type { Static, TSchema } from 'typebox';
import * as Type from 'typebox';
import { ClusterName, strict } from './primitives.ts';
import { orNull } from './unions.ts';

/** Lists come in pages: `?limit=&after=`. The answer has `next`, the value of `after` for the next page; null at the end. */
export const PageQuery = Type.Object(
  {
    limit: Type.Optional(Type.String({ pattern: '^[0-9]{1,4}$' })),
    after: Type.Optional(Type.String({ maxLength: 200 })),
  },
  strict,
);
export type PageQuery = Static<typeof PageQuery>;

/** A list of this cluster alone, or of all. */
export const ByClusterQuery = Type.Object({ ...PageQuery.properties, cluster: Type.Optional(ClusterName) }, strict);
export type ByClusterQuery = Static<typeof ByClusterQuery>;

export interface Page<Item> {
  readonly items: readonly Item[];
  readonly next: string | null;
}

/** A page of such items, as a schema. */
export function pageSchema<Item extends TSchema>(item: Item) {
  return Type.Object({ items: Type.Array(item), next: orNull(Type.String()) });
}
