import type { ErrorCode, WireError } from '@picket/shared/errors.ts';

/** A refusal by the coordinator, unchanged. Its code may be one that this `picket` does not know. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: number;
  readonly wire: WireError;

  constructor(status: number, wire: WireError) {
    super(wire.message);
    this.status = status;
    this.wire = wire;
  }
}

/** What was asked for; null if the coordinator refuses it with this code. */
export async function unlessRefused<T>(code: ErrorCode, asked: Promise<T>): Promise<T | null> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof Refusal && error.wire.code === code) return null;
    throw error;
  }
}

/** The error in an answer's body, undefined if the body has another form. */
export function readWireError(body: unknown): WireError | undefined {
  if (typeof body !== 'object' || body === null) return undefined;
  const { code, message, hint, details } = body as Readonly<Record<string, unknown>>;
  if (typeof code !== 'string' || typeof message !== 'string' || typeof hint !== 'string') return undefined;
  return { code, message, hint, details: readDetails(details) };
}

function readDetails(details: unknown): WireError['details'] {
  if (typeof details !== 'object' || details === null) return {};
  return Object.fromEntries(
    Object.entries(details).filter(([, value]) => typeof value === 'string' || typeof value === 'number'),
  );
}
