import { failure, type PicketError } from '@picket/shared/errors.ts';
import type { FastifyRequest } from 'fastify';

/** The answer to a request that matches no route. It does not repeat the URL, which may have a secret anywhere (R11). */
export function noSuchRoute({ method, url }: FastifyRequest): PicketError {
  const path = url.startsWith('/v1/') ? '/v1/…' : '/…';
  return failure('not_found', { what: 'route', name: `${method} ${path}` });
}
