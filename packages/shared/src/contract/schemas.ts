import type { TSchema } from 'typebox';
import * as Type from 'typebox';
import { ByClusterQuery, pageSchema } from '../protocol/page.ts';
import { ClusterName, Identifier, strict } from '../protocol/primitives.ts';
import { Sha256 } from '../protocol/releases.ts';
import { orNull } from '../protocol/unions.ts';

/** The parameters of paths that name a cluster as `:name`, or something by its `:id` or its hash. */
export const ByCluster = Type.Object({ name: ClusterName }, strict);
export const ById = Type.Object({ id: Identifier }, strict);
export const ByHash = Type.Object({ sha256: Sha256 }, strict);

/** Where a part of a program begins. */
export const AtOffset = Type.Object({ offset: Type.String({ pattern: '^[0-9]{1,12}$' }) }, strict);

/** For half a megabyte, perhaps over a slow line. */
export const partSeconds = 60;

/** The answers of a route without content. */
export const nothing = { 204: Type.Unsafe<undefined>({ type: 'null', description: 'Done, without content.' }) };

/** No body means one without fields. */
export function orNone<Body extends TSchema>(body: Body) {
  return orNull(body);
}

/** A list that is answered page by page, of one cluster or of all. */
export function pagesOf<Item extends TSchema>(item: Item) {
  return { query: ByClusterQuery, answers: { 200: pageSchema(item) }, errors: ['not_found'] } as const;
}
