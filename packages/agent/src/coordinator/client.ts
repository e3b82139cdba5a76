import {
  type Answered,
  type Asked,
  type Contract,
  methodAndPath,
  pathOf,
  type Query,
  type Sent,
  withQuery,
} from '@picket/shared/contract/contract.ts';
import { joiningContracts } from '@picket/shared/contract/joining.ts';
import { nodeContracts } from '@picket/shared/contract/node.ts';
import { failure, type PicketError } from '@picket/shared/errors.ts';
import { isoTime } from '@picket/shared/iso-time.ts';
import { parseJson } from '@picket/shared/parse-json.ts';
import { quote } from '@picket/shared/problems.ts';
import { backupPartBytes } from '@picket/shared/protocol/backup-copies.ts';
import type { CertificateRequest } from '@picket/shared/protocol/certificates.ts';
import { fits, misfit, type Static, type TSchema } from '@picket/shared/protocol/check.ts';
import type { HoldRequest } from '@picket/shared/protocol/clusters.ts';
import { DesiredState } from '@picket/shared/protocol/desired-state.ts';
import type { ClientJoinRequest, JoinRequest, RecoverRequest, TrustBundle } from '@picket/shared/protocol/join.ts';
import { type LogAnswer, LogOrder, logOrderHeader, takesHeader, takesLogOrders } from '@picket/shared/protocol/logs.ts';
import { releasePartBytes } from '@picket/shared/protocol/releases.ts';
import type { ReportRequest } from '@picket/shared/protocol/report.ts';
import { withShortSentences } from '@picket/shared/protocol/sentences.ts';
import { type SnapshotEnd, snapshotPartBytes } from '@picket/shared/protocol/snapshots.ts';
import type { Clock } from '../host/host.ts';
import { connectionTo, exchangeOnce } from '../http/connection.ts';
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
export interface CoordinatorClient extends ReturnType<typeof callsBy> {
  readonly url: string;
  readonly send: Send;
  /** A client with another credential, and another bundle if given. This client stays open until `close`. */
  withCredential(credential: string, trust?: string): CoordinatorClient;
  /** Ends the connections of this client; pending calls reject. */
  close(): Promise<void>;
}

const usualSeconds = 20;
/** On top of the wait itself: an answer from its last moment must still arrive. */
const pollGraceMs = 15_000;
const connectTimeoutMs = 10_000;
const mostStateBytes = 512 * 1024;
const mostAnswerBytes = 256 * 1024;

/** Opens no connection yet: the first call does. */
export function coordinatorClient(options: CoordinatorClientOptions): CoordinatorClient {
  const { url, trust, clock } = options;
  const connect = () => connectionTo(url, options, connectTimeoutMs);
  const connections = { poll: connect(), rest: connect(), bulk: connect() } satisfies Record<Connection, unknown>;
  const send: Send = (on, route, asked, more = {}) => {
    const request = { ...requestOf(route, asked), ...more };
    return explained(exchange(connections[on], request), url, request, clock);
  };
  return {
    ...callsBy(send, options),
    url,
    send,
    withCredential: (next, bundle = trust) => coordinatorClient({ ...options, credential: next, trust: bundle }),
    async close() {
      await Promise.all(Object.values(connections).map((connection) => connection.destroy()));
    },
  };
}

/** The connection to the coordinator for as long as the agent runs, also across changes of its identity. */
export type CoordinatorLink = ReturnType<typeof coordinatorLink>;

/**
 * A client whose identity and trust can change. undici reads both only once, so each change needs a new client. The old
 * client is closed before the new one sends anything: two keys of one node at the same time are the sign of a copied
 * node (R15).
 */
export function coordinatorLink(options: CoordinatorClientOptions & { readonly credential: string }) {
  let { credential, trust } = options;
  let client = coordinatorClient(options);
  let ready: Promise<void> = Promise.resolve();

  const send: Send = async (...request) => {
    for (;;) {
      await ready;
      const asked = client;
      try {
        return await asked.send(...request);
      } catch (error) {
        if (asked === client) throw error;
      }
    }
  };

  return {
    ...callsBy(send, options),
    /** PEM bundle of the authorities that are trusted now. */
    trust: () => trust,
    /** Certificate and key that are in use now. */
    credential: () => credential,
    /** Uses this certificate and this bundle from now on. Calls under way are repeated. */
    async replace(change: { readonly credential?: string; readonly trust?: string }) {
      credential = change.credential ?? credential;
      trust = change.trust ?? trust;
      const former = client;
      client = former.withCredential(credential, trust);
      const closed = former.close();
      ready = closed.catch(() => undefined);
      await closed;
    },
    close: () => client.close(),
  };
}

/**
 * The long poll occupies its connection, and a report must not wait for it. Nor must it wait for parts of a snapshot or for
 * half a megabyte of a log: they are `bulk`.
 */
type Connection = 'poll' | 'rest' | 'bulk';

export type Send = (on: Connection, route: Contract, asked: object, more?: Partial<Exchange>) => Promise<Answer>;

/** The calls of a node, each of which sends one request. */
export function callsBy(send: Send, { url, clock }: Pick<CoordinatorClientOptions, 'url' | 'clock'>) {
  async function ask<Route extends Asking>(
    route: Route,
    asked: Asked<Route>,
    on: Connection = 'rest',
  ): Promise<Answered<Route>> {
    const answer = await send(on, route, asked as object);
    return readAnswer(url, answer, route.answers[200]) as Answered<Route>;
  }

  async function readPart(route: Contract, asked: object, mostBytes: number, signal?: AbortSignal): Promise<Buffer> {
    const answer = await send('bulk', route, asked, { mostBytes, signal });
    if (answer.status !== 200) throw refusalIn(url, answer);
    return answer.octets;
  }

  return {
    /**
     * Waits up to `waitSeconds` for a state other than that of `etag`. Rejects with the signal's reason when the signal
     * fires. A call that waits takes orders to read a log.
     */
    async desiredState(etag: string | null, waitSeconds: number, signal?: AbortSignal): Promise<DesiredStateAnswer> {
      const requestedAt = clock.monotonic();
      const query = { wait: String(waitSeconds) };
      const answer = await send(
        'poll',
        nodeContracts.desiredState,
        { query },
        {
          headers: {
            ...agentHeaders,
            [takesHeader]: waitSeconds > 0 ? takesLogOrders : undefined,
            'if-none-match': etag ?? undefined,
          },
          deadlineMs: waitSeconds * 1000 + pollGraceMs,
          mostBytes: mostStateBytes,
          signal,
        },
      );
      const date = Date.parse(answer.headers.get('date') ?? '');
      const received = { ...(Number.isNaN(date) ? {} : { date }), ...logOrderIn(answer) };
      if (answer.status === 304) return { kind: 'unchanged', requestedAt, ...received };
      const document = readAnswer(url, answer, DesiredState);
      const tag = answer.headers.get('etag');
      if (tag === undefined) throw invalid(url, 'its answer has no ETag; a proxy may have removed it');
      return { kind: 'changed', document, etag: tag, requestedAt, ...received };
    },
    certificate: (body: CertificateRequest) => ask(nodeContracts.certificate, { body }),
    report: (body: ReportRequest) => ask(nodeContracts.report, { body }),
    member: () => ask(nodeContracts.member, {}),
    hold: (body: Sent<HoldRequest>) => ask(nodeContracts.hold, { body }),
    release: () => ask(nodeContracts.release, { body: {} }),
    snapshotPart: (id: string, offset: number, octets: Uint8Array) =>
      ask(nodeContracts.snapshotPart, { id, query: { offset: String(offset) }, octets }, 'bulk'),
    snapshotEnd: (id: string, body: SnapshotEnd) => ask(nodeContracts.snapshotEnd, { id, body }, 'bulk'),
    sendLog: (id: string, body: LogAnswer) => ask(nodeContracts.sendLog, { id, body }, 'bulk'),
    readSnapshot: (id: string, offset: number) =>
      readPart(nodeContracts.readSnapshot, { id, query: { offset: String(offset) } }, snapshotPartBytes),
    /** Rejects with the signal's reason when the signal fires. */
    readRelease: (sha256: string, offset: number, signal?: AbortSignal) =>
      readPart(nodeContracts.readRelease, { sha256, query: { offset: String(offset) } }, releasePartBytes, signal),
    readBackup: (sha256: string, offset: number) =>
      readPart(nodeContracts.readBackup, { sha256, query: { offset: String(offset) } }, backupPartBytes),
    backupKept: (sha256: string) => ask(nodeContracts.backupKept, { sha256, body: {} }),
    trustBundle: () => ask(joiningContracts.trustBundle, {}),
    join: (body: JoinRequest) => ask(joiningContracts.join, { body }),
    recover: (body: RecoverRequest) => ask(joiningContracts.recover, { body }),
    joinAsClient: (body: ClientJoinRequest) => ask(joiningContracts.joinAsClient, { body }),
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
  const { headers: _agent, path, ...request } = requestOf(joiningContracts.trustBundle, {});
  const asked = exchangeOnce(`${url}${path}`, { trust: null, credential: null }, request);
  const answer = await explained(asked, url, request, clock);
  const date = Date.parse(answer.headers.get('date') ?? '');
  const bundle = readAnswer(url, answer, joiningContracts.trustBundle.answers[200]);
  return { ...bundle, date: Number.isNaN(date) ? null : date };
}

export const agentHeaders = { 'user-agent': `picket-agent/${agentVersion}` };

/** A route that answers JSON. */
type Asking = Contract & { readonly answers: { readonly 200: TSchema } };

function requestOf(route: Contract, asked: Pick<Exchange, 'body' | 'octets'> & { readonly query?: Query }): Exchange {
  const [method] = methodAndPath(route);
  const { query, body, octets } = asked;
  const path = withQuery(pathOf(route, asked), query);
  const deadlineMs = (route.seconds ?? usualSeconds) * 1000;
  return { method, path, body, octets, headers: agentHeaders, deadlineMs, mostBytes: mostAnswerBytes };
}

/** An order that cannot be read is as none: it must not keep a desired state away. */
function logOrderIn({ headers }: Answer): { readonly logOrder?: LogOrder } {
  const order = parseJson(headers.get(logOrderHeader) ?? '');
  return fits(LogOrder, order) ? { logOrder: order } : {};
}

/** The answer, or the error of this API that tells why none came. */
async function explained(
  asked: Promise<Answer>,
  url: string,
  request: Pick<Exchange, 'mostBytes' | 'signal'>,
  clock: Pick<Clock, 'now'>,
): Promise<Answer> {
  try {
    return await asked;
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
  if (answer.status !== 200) throw refusalIn(url, answer);
  const value = parseJson(answer.body);
  if (value === undefined) throw invalid(url, `it answered with ${description(answer)}`);
  const read = withShortSentences(schema, value);
  const problem = misfit(schema, read);
  if (problem !== undefined) throw invalid(url, `its answer is wrong: ${problem}`);
  return read as Static<Schema>;
}

function refusalIn(url: string, answer: Answer): Error {
  const problem = `it answered with status ${answer.status} and ${description(answer)}`;
  return readRemoteError(answer.status, parseJson(answer.body)) ?? invalid(url, problem);
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
  return failure('coordinator_answer_invalid', { url, problem }, { cause });
}
