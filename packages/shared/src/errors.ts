import { type ErrorEntry, errorTable } from './errors/table.ts';
import { inWords } from './reasons/in-words.ts';
import type { AnyReason } from './reasons/reason.ts';

export type ErrorCode = keyof typeof errorTable;

type Placeholders<Text extends string> = Text extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Placeholders<Rest>
  : never;

/** The facts that a code's message and hint need, by name. */
export type ErrorDetails<Code extends ErrorCode> = {
  readonly [Name in Placeholders<(typeof errorTable)[Code]['message'] | (typeof errorTable)[Code]['hint']>]:
    | string
    | number
    | AnyReason;
};

/** What an error looks like on the wire and in `--output json`. */
export interface WireError {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
  readonly details: Readonly<Record<string, string | number>>;
}

/** An error that a user can act on: a code of {@link errorTable} with its facts. */
export class PicketError extends Error {
  override readonly name = 'PicketError';
  readonly code: ErrorCode;
  readonly status: number;
  readonly hint: string;
  readonly details: Readonly<Record<string, string | number>>;

  constructor(code: ErrorCode, facts: Readonly<Record<string, string | number | AnyReason>>, options?: ErrorOptions) {
    const entry: ErrorEntry = errorTable[code];
    const details = Object.fromEntries(Object.entries(facts).map(([name, fact]) => [name, plain(fact)]));
    super(fill(entry.message, details), options);
    this.code = code;
    this.status = entry.status;
    this.hint = fill(entry.hint, details);
    this.details = details;
  }

  toWire(): WireError {
    return { code: this.code, message: this.message, hint: this.hint, details: this.details };
  }
}

/**
 * Makes (does not throw) the error of this code, so that callers write `throw failure(…)` and the compiler
 * sees the end of the path. The details are checked against the placeholders of the code's texts.
 */
export function failure<Code extends ErrorCode>(
  code: Code,
  details: ErrorDetails<Code>,
  options?: ErrorOptions,
): PicketError {
  return new PicketError(code, details as Readonly<Record<string, string | number | AnyReason>>, options);
}

function plain(fact: string | number | AnyReason): string | number {
  return typeof fact === 'object' ? inWords(fact) : fact;
}

function fill(text: string, details: Readonly<Record<string, string | number>>): string {
  const filled = text.replace(/\{(\w+)\}/g, (whole, name: string) => String(details[name] ?? whole));
  // A reason may end as a question or a sentence of its own.
  return filled.replace(/(?<!\.)([.?!])\.(?=\s|$)/g, '$1');
}
