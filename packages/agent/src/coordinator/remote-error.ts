import type { WireError } from '@picket/shared/errors.ts';

/**
 * A refusal in the coordinator's own words. This version may not know its code, so it is not a PicketError. Code that
 * prints one kind of error prints the other too (`message`, `hint`, `toWire()`).
 */
export class RemoteError extends Error {
  override readonly name = 'RemoteError';
  readonly code: string;
  /** HTTP status. */
  readonly status: number;
  readonly hint: string;
  readonly details: WireError['details'];

  constructor(status: number, { code, message, hint, details }: WireError) {
    super(message);
    this.code = code;
    this.status = status;
    this.hint = hint;
    this.details = details;
  }

  toWire(): WireError {
    return { code: this.code, message: this.message, hint: this.hint, details: this.details };
  }
}

const mostCharacters = 2000;

/** The error in a parsed answer; undefined if the answer has no error of the known form. */
export function readRemoteError(status: number, value: unknown): RemoteError | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { code, message, hint, details } = value as Record<string, unknown>;
  if (typeof code !== 'string' || !/^[a-z_]{1,64}$/.test(code) || typeof message !== 'string') return undefined;
  return new RemoteError(status, {
    code,
    message: printable(message),
    hint: typeof hint === 'string' ? printable(hint) : '',
    details: readDetails(details),
  });
}

function readDetails(value: unknown): WireError['details'] {
  if (typeof value !== 'object' || value === null) return {};
  const plain = Object.entries(value).filter(([, fact]) => typeof fact === 'string' || typeof fact === 'number');
  const shown = plain
    .slice(0, 30)
    .map(([name, fact]) => [printable(name).slice(0, 64), typeof fact === 'string' ? printable(fact) : fact]);
  return Object.fromEntries(shown) as WireError['details'];
}

/** Limits the length and removes control characters, which could steer a terminal. */
function printable(text: string): string {
  return text.slice(0, mostCharacters).replaceAll(/(?!\n)\p{Cc}/gu, '�');
}
