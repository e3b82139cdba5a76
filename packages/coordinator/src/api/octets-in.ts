import { failure } from '@picket/shared/errors.ts';

/** The body of a request with a part of a snapshot. Throws `invalid_request` for one that is JSON. */
export function octetsIn(request: unknown): Buffer {
  const { body } = request as { readonly body: unknown };
  if (body instanceof Buffer) return body;
  throw failure('invalid_request', { problem: 'the body is not a part of a snapshot' });
}
