import { failure, type PicketError } from '@picket/shared/errors.ts';
import { isoTime } from '@picket/shared/iso-time.ts';
import { quote } from '@picket/shared/problems.ts';
import { CertificateAnswer, type CertificateRequest } from '@picket/shared/protocol/certificates.ts';
import { fits, misfit, type Static, type TSchema } from '@picket/shared/protocol/check.ts';
import { type HoldRequest, OwnMember } from '@picket/shared/protocol/clusters.ts';
import { DesiredState } from '@picket/shared/protocol/desired-state.ts';
import {
  ClientJoinAnswer,
  type ClientJoinRequest,
  JoinAnswer,
  type JoinRequest,
  RecoverAnswer,
  type RecoverRequest,
  TrustBundle,
} from '@picket/shared/protocol/join.ts';
import {
  type LogAnswer,
  LogOrder,
  LogTaken,
  logOrderHeader,
  takesHeader,
  takesLogOrders,
} from '@picket/shared/protocol/logs.ts';
import { releasePartBytes } from '@picket/shared/protocol/releases.ts';
import { ReportAnswer, type ReportRequest } from '@picket/shared/protocol/report.ts';
import { withShortSentences } from '@picket/shared/protocol/sentences.ts';
import { type SnapshotEnd, SnapshotPartAnswer, snapshotPartBytes } from '@picket/shared/protocol/snapshots.ts';
import Client from 'undici/lib/dispatcher/client.js';
import type { Clock } from '../host/host.ts';
import { connectionProblem, nameMismatch } from '../http/connection-problem.ts';
import { type Answer, AnswerTooLongError, type Exchange, exchange } from '../http/exchange.ts';
import { agentVersion } from '../program/version.ts';
import { readRemoteError } from './remote-error.ts';

export interface CoordinatorClientOptions {
  /** `https://HOST:PORT`, in the spelling of `coordinatorUrl`. */
  readonly url: string;
  /** PEM bundle of the authorities that may vouch for the coordinator; no other authority is trusted. */
  readonly trust: string;
  /** Certificate and key of this node in one PEM; null while it has none. */
  readonly credential: string | null;
  readonly clock: Pick<Clock, 'now' | 'monotonic'>;
}

export type DesiredStateAnswer = AnsweredPoll &
  (
    | { readonly kind: 'unchanged' }
    | { readonly kind: 'changed'; readonly document: DesiredState; readonly etag: string }
  );

interface AnsweredPoll {
  /** Monotonic milliseconds just before the request was sent: leases in the document count from this moment. */
  readonly requestedAt: number;
  /** The coordinator's clock in its answer, to the second. */
  readonly date?: number;
  /** An operator waits for lines of a log of this node. */
  readonly logOrder?: LogOrder;
}

/**
 * The coordinator's API for a node. Each call rejects with `coordinator_unreachable`, `coordinator_name_mismatch`,
 * `coordinator_answer_invalid`, or a RemoteError with the coordinator's own refusal.
 */
export interface CoordinatorClient {
  readonly url: string;
  /**
   * Waits up to `waitSeconds` for a state other than that of `etag`. Rejects with the signal's reason when the signal
   * fires. A call that waits takes orders to read a log.
   */
  desiredState(etag: string | null, waitSeconds: number, signal?: AbortSignal): Promise<DesiredStateAnswer>;
  certificate(request: CertificateRequest): Promise<CertificateAnswer>;
  report(request: ReportRequest): Promise<ReportAnswer>;
  /** The state of this node's member as the coordinator knows it. */
  member(): Promise<OwnMember>;
  /** Asks to hold this node's member. Resolves once the hold is granted, and not yet begun. */
  hold(request: HoldRequest): Promise<OwnMember>;
  release(): Promise<OwnMember>;
  /** Sends one part of the snapshot that the coordinator ordered from this node. */
  snapshotPart(id: string, offset: number, octets: Uint8Array): Promise<SnapshotPartAnswer>;
  /** Resolves once the coordinator has stored and verified the snapshot. */
  snapshotEnd(id: string, end: SnapshotEnd): Promise<SnapshotPartAnswer>;
  /** Answers an order to read a log. */
  sendLog(id: string, answer: LogAnswer): Promise<LogTaken>;
  /** One part of the snapshot from which this node starts; empty at its end. */
  readSnapshot(id: string, offset: number): Promise<Buffer>;
  /** A part of the program that the desired state names, empty at its end. */
  readRelease(sha256: string, offset: number): Promise<Buffer>;
  trustBundle(): Promise<TrustBundle>;
  join(request: JoinRequest): Promise<JoinAnswer>;
  recover(request: RecoverRequest): Promise<RecoverAnswer>;
  joinAsClient(request: ClientJoinRequest): Promise<ClientJoinAnswer>;
  /** A client with another credential, and another bundle if given. This client stays open until `close`. */
  withCredential(credential: string, trust?: string): CoordinatorClient;
  /** Ends the connections of this client; pending calls reject. */
  close(): Promise<void>;
}

const deadlineMs = 20_000;
/** Long enough for a part of a snapshot over a slow connection. */
const partMs = 60_000;
/** The coordinator reads all of a snapshot before it answers. */
const snapshotCheckMs = 600_000;
/** On top of the wait itself: an answer from its last moment must still arrive. */
const pollGraceMs = 15_000;
const connectTimeoutMs = 10_000;
const keepAliveMs = 120_000;
const mostStateBytes = 512 * 1024;
const mostAnswerBytes = 256 * 1024;

/** Opens no connection yet: the first call does. */
export function coordinatorClient(options: CoordinatorClientOptions): CoordinatorClient {
  const { url, trust, credential, clock } = options;
  const tls = { ca: trust, ...(credential === null ? {} : { cert: credential, key: credential }) };
  // The long poll occupies its connection, and a report must not wait for it.
  const poll = new Client(url, clientOptions(tls));
  const rest = new Client(url, clientOptions(tls));
  // Reports must not wait for parts of a snapshot either.
  const bulk = new Client(url, clientOptions(tls));

  async function send(client: Client, request: Exchange): Promise<Answer> {
    return await exchangeWith(client, url, request, clock);
  }
  async function ask<Schema extends TSchema>(schema: Schema, path: string, body?: unknown): Promise<Static<Schema>> {
    const method = body === undefined ? 'GET' : 'POST';
    const answer = await send(rest, {
      method,
      path,
      body,
      headers: agentHeaders,
      deadlineMs,
      mostBytes: mostAnswerBytes,
    });
    return readAnswer(url, answer, schema);
  }

  async function readPart(path: string, mostBytes: number): Promise<Buffer> {
    const request = { method: 'GET', path, headers: agentHeaders, deadlineMs: partMs } as const;
    const answer = await send(bulk, { ...request, mostBytes });
    if (answer.status !== 200) readAnswer(url, answer, SnapshotPartAnswer);
    return answer.octets;
  }

  return {
    url,
    async desiredState(etag, waitSeconds, signal) {
      const requestedAt = clock.monotonic();
      const answer = await send(poll, {
        method: 'GET',
        path: `/v1/node/desired-state?wait=${waitSeconds}`,
        headers: {
          ...agentHeaders,
          ...(waitSeconds > 0 ? { [takesHeader]: takesLogOrders } : {}),
          ...(etag === null ? {} : { 'if-none-match': etag }),
        },
        deadlineMs: waitSeconds * 1000 + pollGraceMs,
        mostBytes: mostStateBytes,
        ...(signal === undefined ? {} : { signal }),
      });
      const date = Date.parse(answer.headers.get('date') ?? '');
      const told = { ...(Number.isNaN(date) ? {} : { date }), ...logOrderIn(answer) };
      if (answer.status === 304) return { kind: 'unchanged', requestedAt, ...told };
      const document = readAnswer(url, answer, DesiredState);
      const tag = answer.headers.get('etag');
      if (tag === undefined) throw invalid(url, 'its answer has no ETag; a proxy may have removed it');
      return { kind: 'changed', document, etag: tag, requestedAt, ...told };
    },
    certificate: (request) => ask(CertificateAnswer, '/v1/node/certificates', request),
    report: (request) => ask(ReportAnswer, '/v1/node/report', request),
    member: () => ask(OwnMember, '/v1/node/member'),
    hold: (request) => ask(OwnMember, '/v1/node/hold', request),
    release: () => ask(OwnMember, '/v1/node/release', {}),
    async snapshotPart(id, offset, octets) {
      const path = `/v1/node/snapshots/${id}?offset=${offset}`;
      const request = { method: 'PUT', path, octets, headers: agentHeaders, deadlineMs: partMs } as const;
      return readAnswer(url, await send(bulk, { ...request, mostBytes: mostAnswerBytes }), SnapshotPartAnswer);
    },
    async snapshotEnd(id, body) {
      const path = `/v1/node/snapshots/${id}`;
      const request = { method: 'POST', path, body, headers: agentHeaders, deadlineMs: snapshotCheckMs } as const;
      return readAnswer(url, await send(bulk, { ...request, mostBytes: mostAnswerBytes }), SnapshotPartAnswer);
    },
    async sendLog(id, body) {
      const path = `/v1/node/logs/${id}`;
      // A report must not wait for half a megabyte on a slow line.
      const request = { method: 'POST', path, body, headers: agentHeaders, deadlineMs } as const;
      return readAnswer(url, await send(bulk, { ...request, mostBytes: mostAnswerBytes }), LogTaken);
    },
    readSnapshot: (id, offset) => readPart(`/v1/node/snapshots/${id}?offset=${offset}`, snapshotPartBytes),
    readRelease: (sha256, offset) => readPart(`/v1/node/releases/${sha256}?offset=${offset}`, releasePartBytes),
    trustBundle: () => ask(TrustBundle, '/v1/trust-bundle'),
    join: (request) => ask(JoinAnswer, '/v1/join', request),
    recover: (request) => ask(RecoverAnswer, '/v1/recover', request),
    joinAsClient: (request) => ask(ClientJoinAnswer, '/v1/join/client', request),
    withCredential: (next, bundle = trust) => coordinatorClient({ ...options, credential: next, trust: bundle }),
    async close() {
      await Promise.all([poll.destroy(), rest.destroy(), bulk.destroy()]);
    },
  };
}

/** The answer of an unverified server about itself. */
export interface StrangersWord extends TrustBundle {
  /** Its clock in milliseconds since the epoch, to the second; null if the answer has none. */
  readonly date: number | null;
}

/**
 * Fetches the trust bundle from the server at `url`, **unverified**: keep only what a pin vouches for. This connection
 * sends no certificate and nothing secret. Rejects as {@link CoordinatorClient} does.
 */
export async function fetchUnverifiedBundle(url: string, clock: Pick<Clock, 'now'>): Promise<StrangersWord> {
  const client = new Client(url, clientOptions({ rejectUnauthorized: false }));
  try {
    const request: Exchange = { method: 'GET', path: '/v1/trust-bundle', deadlineMs, mostBytes: mostAnswerBytes };
    const answer = await exchangeWith(client, url, request, clock);
    const date = Date.parse(answer.headers.get('date') ?? '');
    return { ...readAnswer(url, answer, TrustBundle), date: Number.isNaN(date) ? null : date };
  } finally {
    await client.destroy();
  }
}

const agentHeaders = { 'user-agent': `picket-agent/${agentVersion}` };

/** An order that cannot be read is as none: it must not keep a desired state away. */
function logOrderIn({ headers }: Answer): { readonly logOrder?: LogOrder } {
  const order = parseJson(headers.get(logOrderHeader) ?? '');
  return fits(LogOrder, order) ? { logOrder: order } : {};
}

function clientOptions(tls: object) {
  return {
    pipelining: 1,
    allowH2: false,
    // exchange() has one deadline for the whole call.
    headersTimeout: 0,
    bodyTimeout: 0,
    keepAliveTimeout: keepAliveMs,
    // A resumed session would outlive the certificate it was opened with (R8).
    maxCachedSessions: 0,
    connect: { minVersion: 'TLSv1.2', timeout: connectTimeoutMs, ...tls },
  } as const;
}

async function exchangeWith(
  client: Client,
  url: string,
  request: Exchange,
  clock: Pick<Clock, 'now'>,
): Promise<Answer> {
  try {
    return await exchange(client, request);
  } catch (error) {
    if (request.signal?.aborted === true && error === request.signal.reason) throw error;
    if (error instanceof AnswerTooLongError)
      throw invalid(url, `its answer is longer than ${request.mostBytes} bytes`, error);
    const names = nameMismatch(error);
    if (names !== undefined)
      throw failure('coordinator_name_mismatch', { host: new URL(url).hostname, names }, { cause: error });
    const reason = connectionProblem(error, isoTime(clock.now()));
    throw failure('coordinator_unreachable', { url, reason }, { cause: error });
  }
}

/** The body of a successful answer. Throws `coordinator_answer_invalid`, or the refusal in the answer. */
function readAnswer<Schema extends TSchema>(url: string, answer: Answer, schema: Schema): Static<Schema> {
  const value = parseJson(answer.body);
  if (answer.status !== 200 && answer.status !== 201) {
    const refusal = readRemoteError(answer.status, value);
    if (refusal !== undefined) throw refusal;
    throw invalid(url, `it answered with status ${answer.status} and ${description(answer)}`);
  }
  if (value === undefined) throw invalid(url, `it answered with ${description(answer)}`);
  const read = withShortSentences(schema, value);
  const problem = misfit(schema, read);
  if (problem !== undefined) throw invalid(url, `its answer is wrong: ${problem}`);
  return read as Static<Schema>;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * The content type of an answer and, if it is a web page, its title: this tells a proxy from a wrong port. It repeats
 * nothing else, since an unknown server may send back what it got (R11).
 */
function description({ headers, body }: Answer): string {
  if (body === '') return 'no body';
  const type = headers.get('content-type')?.split(';')[0] ?? 'no content type';
  if (type !== 'text/html') return `a body of another kind (${quote(type)})`;
  const title = /<title>([^<]{0,300})<\/title>/i.exec(body)?.[1]?.trim();
  return title === undefined ? 'a web page' : `the web page ${quote(title)}`;
}

function invalid(url: string, problem: string, cause?: Error): PicketError {
  return failure('coordinator_answer_invalid', { url, problem }, cause === undefined ? {} : { cause });
}
