import { failure, type PicketError } from '@picket/shared/errors.ts';
import { isoTime } from '@picket/shared/iso-time.ts';
import { quote } from '@picket/shared/problems.ts';
import { CertificateAnswer, type CertificateRequest } from '@picket/shared/protocol/certificates.ts';
import { misfit, type Static, type TSchema } from '@picket/shared/protocol/check.ts';
import { OwnMember } from '@picket/shared/protocol/clusters.ts';
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
  /** `https://HOST:PORT`, as `coordinatorUrl` spells it. */
  readonly url: string;
  /** PEM bundle of the authorities that may vouch for the coordinator; no other is trusted. */
  readonly trust: string;
  /** Certificate and key of this node in one PEM; null while it has none. */
  readonly credential: string | null;
  readonly clock: Pick<Clock, 'now' | 'monotonic'>;
}

export type DesiredStateAnswer =
  | { readonly kind: 'unchanged'; readonly requestedAt: number; readonly date?: number }
  | {
      readonly kind: 'changed';
      readonly document: DesiredState;
      readonly etag: string;
      /** Monotonic milliseconds just before the request was sent: leases in the document count from there. */
      readonly requestedAt: number;
      /** The coordinator's clock as it answered, to the second. */
      readonly date?: number;
    };

/**
 * The coordinator, as a node sees it. Each call rejects with `coordinator_unreachable`, `coordinator_name_mismatch`,
 * `coordinator_answer_invalid`, or a RemoteError that holds the coordinator's own refusal.
 */
export interface CoordinatorClient {
  readonly url: string;
  /**
   * Waits up to `waitSeconds` for a state other than that of `etag`, and rejects with the signal's reason when that
   * fires.
   */
  desiredState(etag: string | null, waitSeconds: number, signal?: AbortSignal): Promise<DesiredStateAnswer>;
  certificate(request: CertificateRequest): Promise<CertificateAnswer>;
  report(request: ReportRequest): Promise<ReportAnswer>;
  /** What the coordinator says of this node's member. */
  member(): Promise<OwnMember>;
  /** Sends a part of the snapshot that this node was asked for. */
  snapshotPart(id: string, offset: number, octets: Uint8Array): Promise<SnapshotPartAnswer>;
  /** Resolves once the coordinator keeps it and has found it good. */
  snapshotEnd(id: string, end: SnapshotEnd): Promise<SnapshotPartAnswer>;
  /** A part of the snapshot that this node is to begin from, empty at its end. */
  readSnapshot(id: string, offset: number): Promise<Buffer>;
  /** A part of the program that the desired state names, empty at its end. */
  readRelease(sha256: string, offset: number): Promise<Buffer>;
  trustBundle(): Promise<TrustBundle>;
  join(request: JoinRequest): Promise<JoinAnswer>;
  recover(request: RecoverRequest): Promise<RecoverAnswer>;
  joinAsClient(request: ClientJoinRequest): Promise<ClientJoinAnswer>;
  /** A client with another credential, and another bundle if given. This one stays open until it is closed. */
  withCredential(credential: string, trust?: string): CoordinatorClient;
  /** Ends its connections; calls under way reject. */
  close(): Promise<void>;
}

const deadlineMs = 20_000;
/** For a part of a snapshot, over whatever line a board has. */
const partMs = 60_000;
/** The coordinator reads all of a snapshot before it answers. */
const snapshotCheckMs = 600_000;
/** Beyond the wait itself: an answer that was ready at its last moment must still come through. */
const pollGraceMs = 15_000;
const connectTimeoutMs = 10_000;
const keepAliveMs = 120_000;
const mostStateBytes = 512 * 1024;
const mostAnswerBytes = 256 * 1024;

/** Opens no connection yet: the first call does. */
export function coordinatorClient(options: CoordinatorClientOptions): CoordinatorClient {
  const { url, trust, credential, clock } = options;
  const tls = { ca: trust, ...(credential === null ? {} : { cert: credential, key: credential }) };
  // The long poll holds its connection; a report must not wait behind it.
  const poll = new Client(url, clientOptions(tls));
  const rest = new Client(url, clientOptions(tls));
  // Nor behind a part of a snapshot.
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
        headers: { ...agentHeaders, ...(etag === null ? {} : { 'if-none-match': etag }) },
        deadlineMs: waitSeconds * 1000 + pollGraceMs,
        mostBytes: mostStateBytes,
        ...(signal === undefined ? {} : { signal }),
      });
      const date = Date.parse(answer.headers.get('date') ?? '');
      const told = Number.isNaN(date) ? {} : { date };
      if (answer.status === 304) return { kind: 'unchanged', requestedAt, ...told };
      const document = readAnswer(url, answer, DesiredState);
      const tag = answer.headers.get('etag');
      if (tag === undefined) throw invalid(url, 'its answer has no ETag; a proxy may have removed it');
      return { kind: 'changed', document, etag: tag, requestedAt, ...told };
    },
    certificate: (request) => ask(CertificateAnswer, '/v1/node/certificates', request),
    report: (request) => ask(ReportAnswer, '/v1/node/report', request),
    member: () => ask(OwnMember, '/v1/node/member'),
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

/** What whoever answers at an address says of itself. */
export interface StrangersWord extends TrustBundle {
  /** Its clock, milliseconds since the epoch, to the second; null where it does not tell. */
  readonly date: number | null;
}

/**
 * The trust bundle from whoever answers at `url`, **believed by nobody yet**: only what a pin vouches for may be kept
 * of it. Nothing is shown on this connection, not even a certificate. Rejects as {@link CoordinatorClient} does.
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

function clientOptions(tls: object) {
  return {
    pipelining: 1,
    allowH2: false,
    // exchange() has one deadline over all of it.
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

/** The body of a good answer; throws `coordinator_answer_invalid`, or the refusal that it holds. */
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
  if (problem !== undefined) throw invalid(url, `in its answer, ${problem}`);
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
 * The kind of an answer and, if it is a page, its title, which tells a proxy from a wrong port. Nothing else is
 * repeated, since a strange server may send back what it was sent (R11).
 */
function description({ headers, body }: Answer): string {
  if (body === '') return 'no body';
  const type = headers.get('content-type')?.split(';')[0] ?? 'no content type';
  if (type !== 'text/html') return `a body that is not what was asked for (${quote(type)})`;
  const title = /<title>\s*([^<]*?)\s*<\/title>/i.exec(body)?.[1];
  return title === undefined ? 'a web page' : `the web page ${quote(title)}`;
}

function invalid(url: string, problem: string, cause?: Error): PicketError {
  return failure('coordinator_answer_invalid', { url, problem }, cause === undefined ? {} : { cause });
}
