import type { Static, TSchema } from 'typebox';
import * as Type from 'typebox';
import type { AnyReason } from '../reasons/reason.ts';
import { Sentence } from './primitives.ts';
import type { Shape } from './sentences.ts';

/** A reason in an answer of the API. Programs use `code` and `facts`, people read the message. */
export const Rendered = Type.Object({
  code: Type.String({ maxLength: 64 }),
  facts: Type.Object({}, { additionalProperties: true }),
  message: Sentence,
});
export type Rendered = Static<typeof Rendered>;

/** An answer before its reasons get their messages: code returns it, and the edge writes them. */
export type WithoutMessages<T> = T extends Rendered
  ? Omit<T, 'message'>
  : T extends readonly (infer Item)[]
    ? readonly WithoutMessages<Item>[]
    : T extends object
      ? { readonly [Name in keyof T]: WithoutMessages<T[Name]> }
      : T;

/** What a node reports as an answer shows it: each reason has a message. */
export type WithMessages<T> = T extends AnyReason
  ? Rendered
  : T extends readonly (infer Item)[]
    ? WithMessages<Item>[]
    : T extends object
      ? { [Name in keyof T]: WithMessages<T[Name]> }
      : T;

/** The schema with a message in each reason. Lists with reasons have no limit: one more may say that others had no room. */
export function withMessages<Schema extends TSchema>(schema: Schema) {
  return Type.Unsafe<WithMessages<Static<Schema>>>(replaced(schema) as TSchema);
}

function replaced(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(replaced);
  if (typeof schema !== 'object' || schema === null) return schema;
  if (isReason(schema)) return Rendered;
  const parts = Object.entries(schema).map(([name, part]) => [name, replaced(part)] as const);
  if (JSON.stringify(Object.fromEntries(parts)) === JSON.stringify(schema)) return schema;
  const { maxItems: _most, ...changed } = Object.fromEntries(parts);
  return changed;
}

/** Whether a schema is that of a reason. */
export function isReason({ properties = {} }: Shape): boolean {
  return properties.code !== undefined && properties.facts !== undefined;
}
