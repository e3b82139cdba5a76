import { parseJson } from '@picket/shared/parse-json.ts';
import { connectionTo, exchangeOnce } from '../http/connection.ts';
import { connectionProblem } from '../http/connection-problem.ts';
import { AnswerTooLongError, exchange } from '../http/exchange.ts';
import { DeadlineError } from '../http/stream.ts';
import { EtcdError } from './etcd.ts';
import { authenticationRefusal, gatewayError } from './gateway-error.ts';
import type { JsonObject } from './gateway-json.ts';

const mostAnswerBytes = 1024 * 1024;
const mostPlainBytes = 64 * 1024;
const unavailable = 14;
const deadlineExceeded = 4;
const unknown = 2;

/** One connection to etcd's JSON gateway, kept open: a handshake costs a board more than all the agent's calls. */
export function gatewayConnection(origin: string, trust: string, credential: string) {
  const client = connectionTo(origin, { trust, credential }, 2000);
  return {
    /**
     * Calls `/v3/PATH`. Throws EtcdError with etcd's own code and words. Code 4 means no answer within the deadline:
     * the change may or may not have happened. Code 14 means no connection. Throws the signal's reason once the signal
     * fires.
     */
    async call(path: string, body: JsonObject, deadlineMs: number, signal?: AbortSignal): Promise<JsonObject> {
      const request = {
        method: 'POST',
        path: `/v3/${path}`,
        body,
        deadlineMs,
        mostBytes: mostAnswerBytes,
        signal,
      } as const;
      const answer = await exchange(client, request).catch((error: unknown) => {
        throw signal?.aborted === true ? error : transportError(error, deadlineMs);
      });
      const value = parseObject(answer.body);
      if (answer.status === 200 && value !== undefined) return value;
      throw gatewayError(value) ?? authenticationRefusal(answer.status, answer.body) ?? unreadable(answer.status);
    },
    /** The body of the answer to this path, if it has the status 200; otherwise null. Never rejects. */
    async get(path: string, deadlineMs: number): Promise<string | null> {
      const request = { method: 'GET', path, deadlineMs, mostBytes: mostPlainBytes } as const;
      const answer = await exchange(client, request).catch(() => null);
      return answer?.status === 200 ? answer.body : null;
    },
    close: () => client.destroy(),
  };
}

/** True if `/health` on the metrics URL, which needs no certificate, reports this member as healthy. */
export async function readHealth(metricsUrl: string, path: string, deadlineMs: number): Promise<boolean> {
  const answer = await getPlain(metricsUrl, path, deadlineMs);
  return answer?.status === 200 && parseObject(answer.body)?.health === 'true';
}

/**
 * Whether `/health` of this etcd says that the alarm NOSPACE is raised; null if etcd does not answer, or says something
 * else that keeps it from being healthy.
 *
 * @param url a URL of etcd that needs no certificate
 */
export async function readNoSpace(url: string, deadlineMs: number): Promise<boolean | null> {
  const health = parseObject((await getPlain(url, '/health', deadlineMs))?.body ?? '');
  if (health?.health === 'true') return false;
  return health?.reason === 'ALARM NOSPACE' ? true : null;
}

/**
 * True if the etcd with this metrics URL has just answered a linearizable read: `/readyz/linearizable_read`, or
 * `/health` if this version has no such check. `/health` is asked first because it answers at once if there is no
 * leader.
 */
export async function readQuorum(metricsUrl: string, deadlineMs: number): Promise<boolean> {
  const health = parseObject((await getPlain(metricsUrl, '/health', deadlineMs))?.body ?? '');
  // An alarm makes a member unhealthy without a read.
  const alarmed = typeof health?.reason === 'string' && health.reason.startsWith('ALARM ');
  if (health?.health !== 'true' && !alarmed) return false;
  const ready = await getPlain(metricsUrl, '/readyz/linearizable_read', deadlineMs);
  return ready?.status === 404 ? health.health === 'true' : ready?.status === 200;
}

/** The answer of `/metrics` in Prometheus text; null if etcd does not answer in time. */
export async function readMetrics(metricsUrl: string, deadlineMs: number): Promise<string | null> {
  const answer = await getPlain(metricsUrl, '/metrics', deadlineMs, mostAnswerBytes);
  return answer?.status === 200 ? answer.body : null;
}

function getPlain(metricsUrl: string, path: string, deadlineMs: number, mostBytes = mostPlainBytes) {
  const request = { deadlineMs, mostBytes };
  return exchangeOnce(`${metricsUrl}${path}`, { trust: null, credential: null }, request).catch(() => null);
}

function transportError(error: unknown, deadlineMs: number): EtcdError {
  const cause = { cause: error };
  if (error instanceof DeadlineError) {
    return new EtcdError(deadlineExceeded, `etcd gave no answer within ${deadlineMs} ms; it may have no leader`, cause);
  }
  if (error instanceof AnswerTooLongError) return new EtcdError(unknown, "etcd's answer is too long", cause);
  return new EtcdError(unavailable, `etcd cannot be reached: ${connectionProblem(error)}`, cause);
}

function unreadable(status: number): EtcdError {
  return new EtcdError(unknown, `etcd answered with status ${status} and no readable body`);
}

function parseObject(text: string): JsonObject | undefined {
  const value = parseJson(text);
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined;
}
