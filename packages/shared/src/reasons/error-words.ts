import { type ErrorEntry, errorTable } from '../errors/table.ts';
import { filledIn } from './durations.ts';
import type { AnyReason, Say } from './reason.ts';

/** The facts of an error. */
export type ErrorFacts = Readonly<Record<string, string | number | AnyReason>>;

/** An error with its code and facts, as a reason for something else. An agent of another version may send codes that this one does not know. */
export const errorReasons = {
  picket_error: ({ error, details }: { readonly error: string; readonly details: ErrorFacts }, say: Say) => {
    const table: Readonly<Record<string, ErrorEntry>> = errorTable;
    return Object.hasOwn(table, error) ? fill(table[error]?.message ?? error, plain(details, say)) : error;
  },
} as const;

/** The facts of an error with the reasons among them in words. */
export function plain(facts: ErrorFacts, say: Say): Readonly<Record<string, string | number>> {
  return Object.fromEntries(
    Object.entries(facts).map(([name, fact]) => [name, typeof fact === 'object' ? say(fact) : fact]),
  );
}

/** A text of the table of errors with its facts filled in. If a fact is missing, its `{name}` stays in the text. */
export function fill(text: string, details: Readonly<Record<string, string | number>>): string {
  const filled = filledIn(text, (name) => details[name]);
  // A reason may end as a question or a sentence of its own.
  return filled.replace(/(?<!\.)([.?!])\.(?=\s|$)/g, '$1');
}
