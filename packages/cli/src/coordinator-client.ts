import { type Method, type Query, withQuery } from '@picket/shared/contract/contract.ts';
import { failure } from '@picket/shared/errors.ts';
import { parseJson } from '@picket/shared/parse-json.ts';
import request from 'undici/lib/api/api-request.js';
import Client from 'undici/lib/dispatcher/client.js';
import { type Attempt, connectionProblem } from './connection-problem.ts';
import { Refusal, readWireError } from './refusal.ts';
import { version } from './version.ts';

export interface ApiRequest {
  readonly method: Method;
  /** From `/v1/` on, with its parts encoded. */
  readonly path: string;
  readonly query?: Query | undefined;
  readonly body?: unknown;
  /** Sent unchanged, instead of a body. */
  readonly octets?: Uint8Array | undefined;
  /** The revision that the change is based on. */
  readonly ifMatch?: number | undefined;
  /** Of a POST that only reads: it needs no key. */
  readonly changesNothing?: true | undefined;
  /** The coordinator carries out requests with the same key once. */
  readonly idempotencyKey?: string;
  /** Instead of the usual deadline, for slow requests. */
  readonly deadlineMs?: number | undefined;
}

/** What a body is asked for that arrives in pieces. */
export interface Reception {
  readonly query?: Query;
  readonly headers?: Readonly<Record<string, string>>;
  /** How long nothing may come, in milliseconds. */
  readonly silenceMs?: number;
  /** Fires when the caller wants no more. */
  readonly ended?: AbortSignal | undefined;
}

/** A coordinator, and how it and the client prove who they are. A context is one. */
export interface Endpoint {
  /** `https://HOST:PORT`. */
  readonly server: string;
  /** PEM; null: whoever answers is asked, and what it says must be verified otherwise. */
  readonly certificateAuthority: string | null;
  /** Certificate and key as one PEM; null for a stranger. */
  readonly credential: string | null;
}

/** A connection to one coordinator, as one operator or as a stranger. */
export type CoordinatorClient = ReturnType<typeof connectCoordinator>;

/** How a command gets its coordinator. Tests replace it. */
export type Connect = (endpoint: Endpoint, interrupted: AbortSignal) => CoordinatorClient;

export interface Limits {
  readonly connectMs: number;
  /** For a whole request and its answer. */
  readonly deadlineMs: number;
  readonly maxAnswerBytes: number;
}

/** Above the size of any page of a coordinator with a thousand nodes. */
const usualLimits: Limits = { connectMs: 10_000, deadlineMs: 30_000, maxAnswerBytes: 8 * 1024 * 1024 };

/** Connects over TLS at the first request. Only the endpoint’s authority is trusted. */
export function connectCoordinator(endpoint: Endpoint, interrupted: AbortSignal, limits: Limits = usualLimits) {
  const { server, certificateAuthority, credential } = endpoint;
  const trust = certificateAuthority === null ? { rejectUnauthorized: false } : { ca: certificateAuthority };
  const { connectMs, deadlineMs, maxAnswerBytes } = limits;
  const clientOf = (silenceMs: number, maxResponseSize: number) =>
    new Client(server, {
      connect: {
        ...trust,
        ...(credential === null ? {} : { cert: credential, key: credential }),
        timeout: connectMs,
      },
      // One request at a time gains nothing from HTTP/2, and HTTP/1.1 has fewer special cases.
      allowH2: false,
      headersTimeout: silenceMs,
      bodyTimeout: silenceMs,
      maxResponseSize,
    });
  const client = clientOf(deadlineMs, maxAnswerBytes);

  return {
    server,

    /**
     * The body of a successful answer, null if it has none. Throws Refusal if the coordinator refuses, and
     * `coordinator_unreachable`, `coordinator_silent`, `coordinator_untrusted`, `coordinator_name_mismatch`,
     * `coordinator_answer_invalid`.
     */
    async request({
      method,
      path,
      query,
      body,
      octets,
      ifMatch,
      idempotencyKey,
      deadlineMs: patienceMs = deadlineMs,
    }: ApiRequest): Promise<unknown> {
      const attempt: Attempt = { server, request: `${method} ${path}`, deadlineMs: patienceMs, maxAnswerBytes };
      const answer = await reached(attempt, async () => {
        const { statusCode, body: received } = await request.call(client, {
          method,
          path: withQuery(path, query),
          headers: {
            accept: 'application/json',
            'user-agent': `picket/${version}`,
            'content-type': octets ? 'application/octet-stream' : body === undefined ? undefined : 'application/json',
            'if-match': quoted(ifMatch),
            'idempotency-key': quoted(idempotencyKey),
          },
          body: octets ?? (body === undefined ? null : JSON.stringify(body)),
          headersTimeout: patienceMs,
          signal: AbortSignal.any([interrupted, AbortSignal.timeout(patienceMs)]),
        });
        return { status: statusCode, text: await received.text() };
      });
      return judged(answer, server);
    },

    /** Passes the body of a successful answer to `take` in pieces, of any size. Throws as `request` does, and what `take` throws. */
    async receive(
      path: string,
      { query, headers = { accept: 'application/octet-stream' }, silenceMs = deadlineMs, ended }: Reception,
      take: (octets: Uint8Array) => Promise<void>,
    ) {
      const attempt: Attempt = { server, request: `GET ${path}`, deadlineMs: silenceMs, maxAnswerBytes };
      const bulk = clientOf(silenceMs, -1);
      try {
        const { statusCode, body } = await reached(attempt, () =>
          request.call(bulk, {
            method: 'GET',
            path: withQuery(path, query),
            headers: { ...headers, 'user-agent': `picket/${version}` },
            signal: ended === undefined ? interrupted : AbortSignal.any([interrupted, ended]),
          }),
        );
        if (statusCode !== 200) {
          judged({ status: statusCode, text: await reached(attempt, () => body.text()) }, server);
          return;
        }
        const pieces = body[Symbol.asyncIterator]();
        for (;;) {
          const piece = await reached(attempt, () => pieces.next());
          if (piece.done === true) return;
          await take(piece.value);
        }
      } finally {
        await bulk.destroy();
      }
    },

    close: () => client.destroy(),
  };
}

function quoted(value: string | number | undefined): string | undefined {
  return value === undefined ? undefined : `"${value}"`;
}

async function reached<T>(attempt: Attempt, send: () => Promise<T>): Promise<T> {
  try {
    return await send();
  } catch (error) {
    throw connectionProblem(error, attempt) ?? error;
  }
}

function judged({ status, text }: { readonly status: number; readonly text: string }, url: string): unknown {
  const succeeded = status >= 200 && status < 300;
  if (succeeded && text === '') return null;
  const body = parseJson(text);
  if (succeeded && typeof body === 'object' && body !== null) return body;
  const wire = succeeded ? undefined : readWireError(body);
  if (wire !== undefined) throw new Refusal(status, wire);
  if (status === 503)
    throw failure('coordinator_unreachable', {
      url,
      reason: 'it is stopping, or a proxy does not reach it (status 503)',
    });
  const problem = `its answer has status ${status} and is not what the API sends`;
  throw failure('coordinator_answer_invalid', { url, problem });
}
