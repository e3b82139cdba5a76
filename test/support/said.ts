import { inWords } from '@picket/shared/reasons/in-words.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';

/** A reason of a test, in these words. */
export function said(text: string): Reason<'error_says'> {
  return reason('error_says', { text });
}

/** The same with words in the place of reasons. */
export type InWords<T> = T extends { readonly code: string; readonly facts: object }
  ? string
  : T extends object
    ? { readonly [Key in keyof T]: InWords<T[Key]> }
    : T;

/** The value as a person would read it: each reason in it is its words. */
export function withWords<T>(value: T): InWords<T> {
  return converted(value) as InWords<T>;
}

function converted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(converted);
  if (typeof value !== 'object' || value === null) return value;
  if ('code' in value && 'facts' in value) return inWords(value as Reason);
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, converted(inner)]));
}
