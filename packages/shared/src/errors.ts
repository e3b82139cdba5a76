/**
 * The one table of errors. Each code has an HTTP status, a message that says what is wrong and a hint that
 * says what to do. `{name}` in either is filled from the details, which are sent along with the code.
 *
 * Details are printed, logged and sent to operators: no secret may be among them (R11).
 */
export const errorTable = {
  // Requests in general
  invalid_request: {
    status: 400,
    message: 'The request is not valid: {problem}.',
    hint: 'Correct the named field; unknown fields are refused. /openapi.json lists what each route takes.',
  },
  not_found: {
    status: 404,
    message: 'There is no {what} named {name}.',
    hint: 'Check the spelling; a GET on the collection lists what there is.',
  },
  payload_too_large: {
    status: 413,
    message: 'The request body is larger than {limitBytes} bytes.',
    hint: 'Send a smaller body.',
  },
  internal: {
    status: 500,
    message: 'The coordinator failed unexpectedly (reference {reference}).',
    hint: 'The coordinator log has the cause under this reference. Nothing was half done; try again.',
  },

  // Who is asking
  certificate_required: {
    status: 401,
    message: 'This route needs a client certificate issued by this coordinator, and none was accepted: {reason}.',
    hint: 'Nodes get one by joining; operators use the context file that picket-coordinator init wrote.',
  },
  not_permitted: {
    status: 403,
    message: 'The principal {principal} may not do this; it needs {needs}.',
    hint: 'Use an operator context with that role, or ask an admin to change the role.',
  },
} as const satisfies Record<string, ErrorEntry>;

interface ErrorEntry {
  readonly status: number;
  readonly message: string;
  readonly hint: string;
}

export type ErrorCode = keyof typeof errorTable;

type Placeholders<Text extends string> = Text extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Placeholders<Rest>
  : never;

/** The facts that a code's message and hint need, by name. */
export type ErrorDetails<Code extends ErrorCode> = {
  readonly [Name in Placeholders<
    (typeof errorTable)[Code]['message'] | (typeof errorTable)[Code]['hint']
  >]: string | number;
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

  constructor(code: ErrorCode, details: Readonly<Record<string, string | number>>, options?: ErrorOptions) {
    const entry: ErrorEntry = errorTable[code];
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
  return new PicketError(code, details as Readonly<Record<string, string | number>>, options);
}

function fill(text: string, details: Readonly<Record<string, string | number>>): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(details[name] ?? whole));
}
