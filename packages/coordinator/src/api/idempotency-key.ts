import { hash } from 'node:crypto';
import { canonicalJson } from '@picket/shared/audit/entry-hash.ts';
import type { FastifyReply, FastifyRequest, FastifySchema, RouteOptions } from 'fastify';
import * as Type from 'typebox';
import type { IdempotentRequest, KeptAnswer } from '../idempotency/idempotent-requests.ts';
import { operatorOf } from './mutual-tls.ts';

const header = 'idempotency-key';
/** Of an answer, what its body does not say. */
const keptHeaders = ['content-type', 'etag', 'cache-control'];

/** The header of a request, as a string of RFC 8941 or without its quotation marks. */
const Headers = Type.Object({
  [header]: Type.Optional(
    Type.String({
      pattern: '^("[A-Za-z0-9._:~-]{1,128}"|[A-Za-z0-9._:~-]{1,128})$',
      description:
        'Chosen by the client for this request. A repetition with the same key has no second effect and gets the first answer.',
    }),
  ),
});

/**
 * Requests of this route may have a key. The other methods need none: repeated, they do nothing more. Nor do routes that
 * wait for a node, which change nothing.
 */
export function takesKey({ method, config }: Pick<RouteOptions, 'method' | 'config'>): boolean {
  return [method].flat().some((one) => one === 'POST' || one === 'PATCH') && config?.waits !== true;
}

/** The schema of such a route, with the header. */
export function withKey(schema: FastifySchema | undefined): FastifySchema {
  return { ...schema, headers: Headers };
}

/** What an operator may repeat; null for a request without a key. */
export function idempotentRequestOf(request: FastifyRequest): IdempotentRequest | null {
  const sent = request.headers[header];
  if (typeof sent !== 'string' || !takesKey({ method: request.method, config: request.routeOptions.config }))
    return null;
  const { method, url, headers, body = null } = request;
  const asked = canonicalJson([method, url, headers['if-match'] ?? null, body]);
  return {
    operator: operatorOf(request).uri,
    key: sent.replaceAll('"', ''),
    fingerprint: hash('sha256', asked),
  };
}

/**
 * The answer that repetitions get. Null for a refusal, which changed nothing: a repetition is judged again. After a failure
 * something may have changed, so it is kept.
 */
export function keptAnswer(reply: FastifyReply, payload: unknown): KeptAnswer | null {
  const { statusCode: status } = reply;
  if (status >= 400 && status !== 500) return null;
  const headers = keptHeaders.flatMap((name) => {
    const value = reply.getHeader(name);
    return value === undefined ? [] : [[name, String(value)] as const];
  });
  return { status, headers: Object.fromEntries(headers), body: typeof payload === 'string' ? payload : null };
}

/** Answers as the first request with this key was answered. */
export function answerAgain(reply: FastifyReply, { status, headers, body }: KeptAnswer): FastifyReply {
  return reply
    .code(status)
    .headers({ ...headers, 'idempotent-replayed': 'true' })
    .send(body ?? undefined);
}
