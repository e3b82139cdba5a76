import type { TSchema } from 'typebox';
import { cutText } from '../reasons/cut-text.ts';
import { longestSentence } from './words.ts';

/** Returns the value with each sentence cut to the length that its schema allows. Everything else stays unchanged. */
export type SentenceCutter = (value: unknown) => unknown;

/** Makes a cutter from the schema of an answer; null if the schema has no sentence. */
export function sentenceCutter(schema: TSchema): SentenceCutter | null {
  const { type, maxLength, anyOf, items, properties } = schema as Shape;
  if (type === 'string') return maxLength === longestSentence ? cutSentence : null;
  if (anyOf !== undefined) return oneAfterAnother(anyOf.flatMap((form) => sentenceCutter(form) ?? []));
  if (items !== undefined) return forEachOf(sentenceCutter(items));
  return properties === undefined ? null : inFields(properties);
}

/** Like {@link sentenceCutter}, for one value. */
export function withShortSentences(schema: TSchema, value: unknown): unknown {
  return sentenceCutter(schema)?.(value) ?? value;
}

/** The parts of JSON Schema that show where a sentence is. */
interface Shape {
  readonly type?: string;
  readonly maxLength?: number;
  readonly anyOf?: readonly TSchema[];
  readonly items?: TSchema;
  readonly properties?: Readonly<Record<string, TSchema>>;
}

function cutSentence(value: unknown): unknown {
  return typeof value === 'string' ? cutText(value, longestSentence) : value;
}

function oneAfterAnother(cutters: readonly SentenceCutter[]): SentenceCutter | null {
  return cutters.length === 0 ? null : (value) => cutters.reduce((result, cut) => cut(result), value);
}

function forEachOf(cut: SentenceCutter | null): SentenceCutter | null {
  return cut === null ? null : (value) => (Array.isArray(value) ? value.map(cut) : value);
}

function inFields(properties: Readonly<Record<string, TSchema>>): SentenceCutter | null {
  const cutters = Object.entries(properties).flatMap(([name, schema]) => {
    const cut = sentenceCutter(schema);
    return cut === null ? [] : [[name, cut] as const];
  });
  if (cutters.length === 0) return null;
  return (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    const fields = value as Readonly<Record<string, unknown>>;
    const changed = cutters.filter(([name]) => Object.hasOwn(fields, name));
    return { ...fields, ...Object.fromEntries(changed.map(([name, cut]) => [name, cut(fields[name])])) };
  };
}
