import { type ErrorEntry, errorTable } from './errors/table.ts';
import { messageOf } from './problems.ts';
import { type ErrorFacts, fill, plain } from './reasons/error-words.ts';
import { inWords } from './reasons/in-words.ts';
import { type Reason, reason } from './reasons/reason.ts';
import { withoutSecrets } from './secrets.ts';

export type ErrorCode = keyof typeof errorTable;

type Placeholders<Text extends string> = Text extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Placeholders<Rest>
  : never;

/** The facts that a code's message and hint need, by name. */
export type ErrorDetails<Code extends ErrorCode> = {
  readonly [Name in Placeholders<
    (typeof errorTable)[Code]['message'] | (typeof errorTable)[Code]['hint']
  >]: ErrorFacts[string];
};

/** An error on the wire and in `--output json`. */
export interface WireError {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
  readonly details: Readonly<Record<string, string | number>>;
}

/** The known name that an unknown one was probably meant to be; the message ends with it. */
interface Near {
  readonly near?: string | undefined;
}

/** An error that a user can act on: a code of {@link errorTable} with its facts. */
export class PicketError extends Error {
  override readonly name = 'PicketError';
  readonly code: ErrorCode;
  readonly status: number;
  readonly hint: string;
  readonly facts: ErrorFacts;
  /** The facts, with reasons among them in words. */
  readonly details: Readonly<Record<string, string | number>>;

  constructor(code: ErrorCode, facts: ErrorFacts, options?: ErrorOptions) {
    const entry: ErrorEntry = errorTable[code];
    const details = plain(facts, inWords);
    const asks = details.near === undefined ? '' : ` Did you mean ${details.near}?`;
    super(`${fill(entry.message, details)}${asks}`, options);
    this.code = code;
    this.status = entry.status;
    this.hint = fill(entry.hint, details);
    this.facts = facts;
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
  { near, ...details }: ErrorDetails<Code> & Near,
  options?: ErrorOptions,
): PicketError {
  return new PicketError(code, { ...details, ...(near === undefined ? {} : { near }) } as ErrorFacts, options);
}

/** An error as a reason: with its code and facts if it is in the table, otherwise with its message without secrets. */
export function reasonOf(error: unknown): Reason<'picket_error' | 'error_says'> {
  // A program that the agent runs may have said it (R11).
  if (!(error instanceof PicketError)) return reason('error_says', { text: withoutSecrets(messageOf(error)) });
  return reason('picket_error', { error: error.code, details: error.facts });
}
