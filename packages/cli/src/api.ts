import { createHash } from 'node:crypto';
import { failure } from '@picket/shared/errors.ts';
import type { AuditEntry, AuditHead } from '@picket/shared/protocol/audit.ts';
import type {
  AuthenticationAsked,
  AuthenticationRequest,
  AuthenticationState,
} from '@picket/shared/protocol/authentication.ts';
import type { CertificateView } from '@picket/shared/protocol/certificates.ts';
import type { CertificateInForce } from '@picket/shared/protocol/certificates-in-force.ts';
import type {
  ChangedClusterView,
  ClusterChange,
  ClusterCreate,
  ClusterStatusView,
  ClusterView,
  DeleteRequest,
  DeletionView,
  HoldRequest,
  ReplaceRequest,
  ResetRequest,
} from '@picket/shared/protocol/clusters.ts';
import type { DiagnosisView } from '@picket/shared/protocol/diagnosis.ts';
import type { EventView } from '@picket/shared/protocol/events.ts';
import type { HistoryView } from '@picket/shared/protocol/history.ts';
import type { InstallerView } from '@picket/shared/protocol/installer.ts';
import type { TrustBundle } from '@picket/shared/protocol/join.ts';
import { type LogRequest, type LogView, longestLogWait } from '@picket/shared/protocol/logs.ts';
import type { EvictionView, EvictRequest, NodeView } from '@picket/shared/protocol/nodes.ts';
import type { ChannelCreate, ChannelView, TestSent } from '@picket/shared/protocol/notifications.ts';
import type {
  LoginAnswer,
  LoginCreate,
  LoginCreated,
  LoginRequest,
  OperatorChange,
  OperatorCreate,
  OperatorView,
} from '@picket/shared/protocol/operators.ts';
import type { Page } from '@picket/shared/protocol/page.ts';
import type { Readopt, ReadoptionView } from '@picket/shared/protocol/readoption.ts';
import type { ReleaseAdd, ReleaseList, ReleasePartAnswer, ReleaseView } from '@picket/shared/protocol/releases.ts';
import type { RevisionView } from '@picket/shared/protocol/revisions.ts';
import type {
  RestoreRequest,
  SnapshotAsked,
  SnapshotState,
  SnapshotTake,
  SnapshotVerified,
  SnapshotView,
} from '@picket/shared/protocol/snapshots.ts';
import type { TokenCreate, TokenCreated, TokenView } from '@picket/shared/protocol/tokens.ts';
import type { ApiRequest, CoordinatorClient } from './coordinator-client.ts';
import { eventReader, type StreamListener } from './event-reader.ts';

/** The lists of the API, with the type of their items. */
export interface Collections {
  readonly clusters: ClusterView;
  readonly tokens: TokenView;
  readonly operators: OperatorView;
  readonly nodes: NodeView;
  readonly certificates: CertificateView;
  readonly 'certificates/in-force': CertificateInForce;
  readonly snapshots: SnapshotView;
  readonly audit: AuditEntry;
}

/** Which events are wanted; all that a field does not exclude. */
export interface EventsWanted extends ListRequest {
  /** The ID of a node, or the name of a member or a client. */
  readonly node?: string | undefined;
  readonly kinds?: readonly string[] | undefined;
  /** Timestamps: from this moment on, and before that one. */
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  /** Only events with a higher ID than this. */
  readonly newer?: number | undefined;
}

/** Which history is wanted; all that a field does not exclude. */
export interface HistoryWanted {
  readonly member?: string | undefined;
  readonly metrics?: readonly string[] | undefined;
  /** A timestamp. */
  readonly since?: string | undefined;
}

export interface ListRequest {
  readonly cluster?: string | undefined;
  /** The largest number of items; all items if it is left out. */
  readonly limit?: number | undefined;
}

const pageLimit = 500;

/** For the wait of the coordinator and half a megabyte over a slow line. */
const logMs = (longestLogWait + 30) * 1000;

/** The coordinator reads the whole snapshot before it answers, perhaps from a slow disk. */
const readingMs = 1_800_000;

/** For half a megabyte, perhaps over a slow line. */
const partMs = 60_000;
/** The coordinator unpacks and reads a release, perhaps on a small board. */
const unpackingMs = 300_000;
/** Above any pause of an event stream: a coordinator sends something every 10 s at the latest. */
const silenceMs = 45_000;

/** The coordinator's REST API with its types. */
export class Api {
  readonly #client: CoordinatorClient;

  constructor(client: CoordinatorClient) {
    this.#client = client;
  }

  get server(): string {
    return this.#client.server;
  }

  createCluster(body: ClusterCreate): Promise<ClusterView> {
    return this.#send('POST', '/v1/clusters', { body });
  }

  cluster(name: string): Promise<ClusterView> {
    return this.#send('GET', at('clusters', name));
  }

  status(name: string): Promise<ClusterStatusView> {
    return this.#send('GET', at('clusters', name, 'status'));
  }

  diagnosis(name: string): Promise<DiagnosisView> {
    return this.#send('GET', at('clusters', name, 'diagnosis'));
  }

  /** What the members reported: of all of them, all metrics and the last day unless it says otherwise. */
  history(name: string, { member, metrics, since }: HistoryWanted = {}): Promise<HistoryView> {
    const query = givenOf({ member, metric: metrics?.join(','), since });
    return this.#send('GET', at('clusters', name, 'history'), { query });
  }

  resetCluster(name: string, body: ResetRequest): Promise<ClusterView> {
    return this.#send('POST', at('clusters', name, 'reset'), { body });
  }

  deleteCluster(name: string, body: DeleteRequest): Promise<DeletionView> {
    return this.#send('POST', at('clusters', name, 'delete'), { body });
  }

  replaceMember(cluster: string, member: string, body: ReplaceRequest): Promise<ClusterView> {
    return this.#send('POST', at('clusters', cluster, 'members', member, 'replace'), { body });
  }

  holdMember(cluster: string, member: string, body: HoldRequest): Promise<ClusterView> {
    return this.#send('POST', at('clusters', cluster, 'members', member, 'hold'), { body });
  }

  /** Orders something of a member that needs no more than its name. */
  orderMember(
    cluster: string,
    member: string,
    order: 'restart' | 'release' | 'move-leader' | 'keep',
  ): Promise<ClusterView> {
    return this.#send('POST', at('clusters', cluster, 'members', member, order));
  }

  /** One change at a time: throws the coordinator's `revision_conflict` if another came first. */
  changeCluster(name: string, revision: number, body: ClusterChange): Promise<ChangedClusterView> {
    return this.#send('PATCH', at('clusters', name), { body, ifMatch: revision });
  }

  revertCluster(name: string, revision: number, to: number): Promise<ClusterView> {
    return this.#send('POST', at('clusters', name, 'revert'), { body: { revision: to }, ifMatch: revision });
  }

  steerRollout(name: string, order: 'pause' | 'resume'): Promise<ClusterView> {
    return this.#send('POST', at('clusters', name, 'rollout'), { body: { order } });
  }

  /** As `changeCluster`. */
  abortRollout(name: string, revision: number): Promise<ClusterView> {
    return this.#send('POST', at('clusters', name, 'rollout'), { body: { order: 'abort' }, ifMatch: revision });
  }

  revision(name: string, revision: number): Promise<RevisionView> {
    return this.#send('GET', at('clusters', name, 'revisions', String(revision)));
  }

  /** All revisions, the latest first. */
  revisions(name: string): Promise<Page<RevisionView>> {
    return this.#pages<RevisionView>(at('clusters', name, 'revisions'), {});
  }

  unfreezeCluster(name: string): Promise<ClusterView> {
    return this.#send('POST', at('clusters', name, 'unfreeze'));
  }

  takeSnapshot(cluster: string, request: SnapshotTake = {}): Promise<SnapshotAsked> {
    return this.#send('POST', at('clusters', cluster, 'snapshots'), { body: request });
  }

  switchAuthentication(cluster: string, order: AuthenticationRequest): Promise<AuthenticationAsked> {
    return this.#send('POST', at('clusters', cluster, 'authentication'), { body: order });
  }

  authenticationState(cluster: string): Promise<AuthenticationState> {
    return this.#send('GET', at('clusters', cluster, 'authentication'));
  }

  snapshotState(cluster: string): Promise<SnapshotState> {
    return this.#send('GET', at('clusters', cluster, 'snapshots'));
  }

  snapshot(id: string): Promise<SnapshotView> {
    return this.#send('GET', at('snapshots', id));
  }

  removeSnapshot(id: string): Promise<void> {
    return this.#send('DELETE', at('snapshots', id));
  }

  verifySnapshot(id: string): Promise<SnapshotVerified> {
    return this.#send('POST', at('snapshots', id, 'verify'), { deadlineMs: readingMs });
  }

  /** Passes the snapshot on in pieces. Throws `download_damaged` if its octets are not those of this view. */
  async downloadSnapshot({ id, sizeBytes, sha256 }: SnapshotView, write: (octets: Uint8Array) => Promise<void>) {
    const hash = createHash('sha256');
    let received = 0;
    await this.#client.receive(at('snapshots', id, 'content'), {}, async (octets) => {
      hash.update(octets);
      received += octets.length;
      await write(octets);
    });
    const found = hash.digest('hex');
    if (received === sizeBytes && found === sha256) return;
    const problem = `${received} of ${sizeBytes} bytes came, with the hash ${found}`;
    throw failure('download_damaged', { id, problem });
  }

  restoreCluster(name: string, body: RestoreRequest): Promise<SnapshotView> {
    return this.#send('POST', at('clusters', name, 'restore'), { body, deadlineMs: readingMs });
  }

  releases(): Promise<ReleaseList> {
    return this.#send('GET', '/v1/releases');
  }

  sendReleasePart(sha256: string, offset: number, octets: Uint8Array): Promise<ReleasePartAnswer> {
    const query = { offset: String(offset) };
    return this.#send('PUT', at('releases', sha256, 'content'), { query, octets, deadlineMs: partMs });
  }

  /** Tells the coordinator that all parts were sent, so that it stores the file. */
  addRelease(sha256: string, body: ReleaseAdd): Promise<ReleaseView> {
    return this.#send('POST', at('releases', sha256), { body, deadlineMs: unpackingMs });
  }

  removeRelease(sha256: string): Promise<void> {
    return this.#send('DELETE', at('releases', sha256));
  }

  evictNode(id: string, body: EvictRequest & { readonly compromised?: never }): Promise<void> {
    return this.#send('POST', at('nodes', id, 'evict'), { body });
  }

  evictCompromised(id: string, order: Pick<EvictRequest, 'dryRun'> = {}): Promise<EvictionView> {
    return this.#send('POST', at('nodes', id, 'evict'), { body: { compromised: true, ...order } });
  }

  unfreezeNode(id: string): Promise<void> {
    return this.#send('POST', at('nodes', id, 'unfreeze'));
  }

  /** The newest lines of a log of this node, or those after a cursor. */
  readLog(id: string, body: LogRequest): Promise<LogView> {
    return this.#send('POST', at('nodes', id, 'logs'), { body, deadlineMs: logMs, changesNothing: true });
  }

  /** The lines after a cursor, for a log that `readLog` has begun to follow. */
  followLog(id: string, follow: string, cursor: string): Promise<LogView> {
    return this.#send('GET', at('nodes', id, 'logs', follow), { query: { cursor }, deadlineMs: logMs });
  }

  readoption(id: string): Promise<ReadoptionView> {
    return this.#send('GET', at('nodes', id, 'readoption'));
  }

  readoptNode(id: string, body: Readopt): Promise<ReadoptionView> {
    return this.#send('POST', at('nodes', id, 'readoption'), { body });
  }

  createToken(body: TokenCreate): Promise<TokenCreated> {
    return this.#send('POST', '/v1/tokens', { body });
  }

  createOperator(body: OperatorCreate): Promise<LoginCreated> {
    return this.#send('POST', '/v1/operators', { body });
  }

  inviteOperator(name: string, body: LoginCreate): Promise<LoginCreated> {
    return this.#send('POST', at('operators', name, 'login'), { body });
  }

  changeOperator(name: string, body: OperatorChange): Promise<OperatorView> {
    return this.#send('PATCH', at('operators', name), { body });
  }

  channels(): Promise<Page<ChannelView>> {
    return this.#send('GET', '/v1/notifications');
  }

  addChannel(body: ChannelCreate): Promise<ChannelView> {
    return this.#send('POST', '/v1/notifications', { body });
  }

  /** The answer comes once the receiver has taken the message. */
  testChannel(name: string): Promise<TestSent> {
    return this.#send('POST', at('notifications', name, 'test'));
  }

  removeChannel(name: string): Promise<void> {
    return this.#send('DELETE', at('notifications', name));
  }

  revokeOperator(name: string): Promise<void> {
    return this.#send('DELETE', at('operators', name));
  }

  /** For a client without a certificate. */
  trustBundle(): Promise<TrustBundle> {
    return this.#send('GET', '/v1/trust-bundle');
  }

  /** For a client without a certificate. */
  logIn(body: LoginRequest): Promise<LoginAnswer> {
    return this.#send('POST', '/v1/login', { body });
  }

  installer(): Promise<InstallerView> {
    return this.#send('GET', '/v1/installer');
  }

  revokeToken(id: string): Promise<void> {
    return this.#send('DELETE', at('tokens', id));
  }

  auditHead(): Promise<AuditHead> {
    return this.#send('GET', at('audit', 'head'));
  }

  /** Passes on all entries, the oldest first, a line of JSON each, in pieces of any size. */
  exportAudit(take: (octets: Uint8Array) => Promise<void>): Promise<void> {
    return this.#client.receive(at('audit', 'export'), {}, take);
  }

  /** The metrics of the coordinator, in Prometheus' text format. */
  async metrics(): Promise<string> {
    const pieces: Uint8Array[] = [];
    await this.#client.receive(
      '/metrics',
      { headers: { accept: 'text/plain' } },
      async (octets) => void pieces.push(octets),
    );
    return Buffer.concat(pieces).toString('utf8');
  }

  /** Follows `next` from page to page. The `next` of the result is where a list that was cut continues. */
  list<Name extends keyof Collections>(what: Name, wanted: ListRequest): Promise<Page<Collections[Name]>> {
    return this.#pages<Collections[Name]>(`/v1/${what}`, wanted);
  }

  /** What is kept of the clusters that are deleted. */
  deletedClusters(): Promise<Page<ClusterView>> {
    return this.#pages<ClusterView>('/v1/clusters', {}, { deleted: 'true' });
  }

  /** Events, the latest first; `next` as for {@link list}. */
  events({ node, kinds, since, until, newer, ...wanted }: EventsWanted): Promise<Page<EventView>> {
    const filter = { node, kind: kinds?.join(','), since, until, newer: newer?.toString() };
    return this.#pages<EventView>('/v1/events', wanted, givenOf(filter));
  }

  /**
   * Events as they happen, after the one with this ID. Resolves when the coordinator ends the stream; throws as a request
   * does, also when nothing comes for longer than a coordinator is ever silent.
   */
  async streamEvents(
    wanted: Omit<EventsWanted, 'limit' | 'until' | 'newer'>,
    last: number | null,
    to: StreamListener,
    ended?: AbortSignal,
  ): Promise<void> {
    const { cluster, node, kinds, since } = wanted;
    const query = givenOf({ cluster, node, kind: kinds?.join(','), since });
    const read = eventReader(to);
    const headers = { accept: 'text/event-stream', ...(last === null ? {} : { 'last-event-id': String(last) }) };
    await this.#client.receive('/v1/events/stream', { query, headers, silenceMs, ended }, async (octets) => {
      try {
        read(octets);
      } catch (error) {
        if (!(error instanceof RangeError || error instanceof SyntaxError)) throw error;
        const problem = `its event stream cannot be read: ${error.message}`;
        throw failure('coordinator_answer_invalid', { url: this.server, problem });
      }
    });
  }

  async #pages<Item>(
    path: string,
    wanted: ListRequest,
    filter: Readonly<Record<string, string>> = {},
  ): Promise<Page<Item>> {
    const { cluster, limit = Number.POSITIVE_INFINITY } = wanted;
    const items: Item[] = [];
    let after: string | null = null;
    do {
      const page: Page<Item> = await this.#send('GET', path, {
        query: {
          limit: String(Math.min(pageLimit, limit - items.length)),
          ...(cluster === undefined ? {} : { cluster }),
          ...filter,
          ...(after === null ? {} : { after }),
        },
      });
      // Without this, a page that names itself as the next one would be requested forever.
      if (!Array.isArray(page.items) || (page.next !== null && page.next === after)) {
        const problem = `GET ${path} does not answer with pages`;
        throw failure('coordinator_answer_invalid', { url: this.server, problem });
      }
      items.push(...page.items);
      after = page.next;
    } while (after !== null && items.length < limit);
    return { items, next: after };
  }

  // The answer of an authenticated coordinator is assumed to have the type of its route.
  async #send<Answer>(
    method: ApiRequest['method'],
    path: string,
    more: Omit<ApiRequest, 'method' | 'path'> = {},
  ): Promise<Answer> {
    return (await this.#client.request({ method, path, ...more })) as Answer;
  }
}

function givenOf(filter: Readonly<Record<string, string | undefined>>): Readonly<Record<string, string>> {
  const given = Object.entries(filter).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));
  return Object.fromEntries(given) as Record<string, string>;
}

function at(...parts: readonly string[]): string {
  return `/v1/${parts.map(encodeURIComponent).join('/')}`;
}
