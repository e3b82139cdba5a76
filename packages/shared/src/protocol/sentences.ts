import type { TSchema } from 'typebox';
import { cutText } from '../reasons/cut-text.ts';
import { longestSentence } from './primitives.ts';

/** Returns a value with some of its parts changed. Everything else stays unchanged. */
export type Change = (value: unknown) => unknown;

/** The parts of JSON Schema that show what is where. */
export interface Shape {
  readonly type?: string;
  readonly maxLength?: number;
  readonly anyOf?: readonly TSchema[];
  readonly items?: TSchema;
  readonly properties?: Readonly<Record<string, TSchema>>;
}

/** Cuts each sentence to the length that its schema allows. */
export function withShortSentences(schema: TSchema, value: unknown): unknown {
  return changeBy(schema, cutOf)?.(value) ?? value;
}

/** Cuts what is a sentence; null for everything else. */
export function cutOf({ type, maxLength }: Shape): Change | null {
  return type === 'string' && maxLength === longestSentence ? cutSentence : null;
}

/** Makes one change of those of the parts of a schema; null if no part has one. */
export function changeBy(schema: TSchema, changeOf: (schema: Shape) => Change | null): Change | null {
  const { anyOf, items, properties } = schema as Shape;
  const own = changeOf(schema as Shape);
  if (own !== null) return own;
  if (anyOf !== undefined) return oneAfterAnother(anyOf.flatMap((form) => changeBy(form, changeOf) ?? []));
  if (items !== undefined) return forEachOf(changeBy(items, changeOf));
  return properties === undefined ? null : inFields(properties, changeOf);
}

function cutSentence(value: unknown): unknown {
  return typeof value === 'string' ? cutText(value, longestSentence) : value;
}

function oneAfterAnother(changes: readonly Change[]): Change | null {
  return changes.length === 0 ? null : (value) => changes.reduce((result, change) => change(result), value);
}

function forEachOf(change: Change | null): Change | null {
  return change === null ? null : (value) => (Array.isArray(value) ? value.map(change) : value);
}

function inFields(
  properties: NonNullable<Shape['properties']>,
  changeOf: Parameters<typeof changeBy>[1],
): Change | null {
  const changes = Object.entries(properties).flatMap(([name, schema]) => {
    const change = changeBy(schema, changeOf);
    return change === null ? [] : [[name, change] as const];
  });
  if (changes.length === 0) return null;
  return (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    const fields = value as Readonly<Record<string, unknown>>;
    const changed = changes.filter(([name]) => Object.hasOwn(fields, name));
    return { ...fields, ...Object.fromEntries(changed.map(([name, change]) => [name, change(fields[name])])) };
  };
}
