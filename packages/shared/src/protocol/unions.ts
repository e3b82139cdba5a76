import type { TLiteral, TNull, TSchema, TUnion } from 'typebox';
import * as Type from 'typebox';

/** A schema for this, or for null. */
export function orNull<Schema extends TSchema>(schema: Schema): TUnion<[Schema, TNull]> {
  return Type.Union([schema, Type.Null()]);
}

type Literals<Values extends readonly string[]> = { -readonly [Index in keyof Values]: TLiteral<Values[Index]> };

/** A schema for one of these words. */
export function oneOf<const Values extends readonly string[]>(...values: Values): TUnion<Literals<Values>> {
  return Type.Union(values.map((value) => Type.Literal(value))) as unknown as TUnion<Literals<Values>>;
}
