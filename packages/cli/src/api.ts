import { createHash } from 'node:crypto';
import { clusterContracts } from '@picket/shared/contract/clusters.ts';
import { type Answered, type Asked, type Contract, methodAndPath, pathOf } from '@picket/shared/contract/contract.ts';
import { coordinatorContracts } from '@picket/shared/contract/coordinator.ts';
import { joiningContracts } from '@picket/shared/contract/joining.ts';
import { nodesContracts } from '@picket/shared/contract/nodes.ts';
import { notificationContracts } from '@picket/shared/contract/notifications.ts';
import { operatorContracts } from '@picket/shared/contract/operators.ts';
import { releaseContracts } from '@picket/shared/contract/releases.ts';
import { snapshotContracts } from '@picket/shared/contract/snapshots.ts';
import { tokenContracts } from '@picket/shared/contract/tokens.ts';
import { failure } from '@picket/shared/errors.ts';
import type { EvictionView, EvictRequest } from '@picket/shared/protocol/nodes.ts';
import type { Page } from '@picket/shared/protocol/page.ts';
import type { SnapshotView } from '@picket/shared/protocol/snapshots.ts';
import type { ApiRequest, CoordinatorClient } from './coordinator-client.ts';
import { eventReader, type StreamListener } from './event-reader.ts';

const contracts = {
  ...clusterContracts,
  ...coordinatorContracts,
  ...nodesContracts,
  ...notificationContracts,
  ...operatorContracts,
  ...releaseContracts,
  ...snapshotContracts,
  ...tokenContracts,
  trustBundle: joiningContracts.trustBundle,
};

type Routes = typeof contracts;
type Given<Wanted> = object extends Wanted ? [asked?: Wanted] : [asked: Wanted];
/** A call for each route that answers JSON. */
type Calls = {
  readonly [Name in keyof Routes as Routes[Name] extends { answers: unknown } ? Name : never]: (
    ...asked: Given<Asked<Routes[Name]>>
  ) => Promise<Answered<Routes[Name]>>;
};

/** The routes that answer with pages, with the type of their items. */
type Lists = {
  readonly [Name in keyof Routes as Answered<Routes[Name]> extends Page<unknown> ? Name : never]: Answered<
    Routes[Name]
  > extends Page<infer Item>
    ? Item
    : never;
};

/** The query of such a route, and the largest number of items; all of them if it is left out. */
type ListRequest<Name extends keyof Lists> = { readonly limit?: number | undefined } & (Asked<Routes[Name]> extends {
  readonly query?: infer Query;
}
  ? Omit<Query, 'limit' | 'after'>
  : unknown);

/** Which events are wanted; all that a field does not exclude. */
export type EventsWanted = ListRequest<'events'>;

const pageLimit = 500;

/** Above any pause of an event stream: a coordinator sends something every 10 s at the latest. */
const silenceMs = 45_000;

export type Api = ReturnType<typeof apiOf>;

/** The coordinator's REST API: a call for each contract, and what is more than a call. */
export function apiOf(client: CoordinatorClient) {
  const { server } = client;
  // The answer of an authenticated coordinator is assumed to have the type of its route.
  const calls = Object.fromEntries(
    Object.entries(contracts).map(([name, route]: [string, Contract]) => [
      name,
      (asked: object = {}) => client.request(requestOf(route, asked)),
    ]),
  ) as unknown as Calls;

  /** Follows `next` from page to page. The `next` of the result is where a list that was cut continues. */
  async function list<Name extends keyof Lists>(
    name: Name,
    { limit = Number.POSITIVE_INFINITY, ...query }: ListRequest<Name>,
    params: object = {},
  ): Promise<Page<Lists[Name]>> {
    const items: Lists[Name][] = [];
    let after: string | null = null;
    do {
      const size = String(Math.min(pageLimit, limit - items.length));
      const asked = { ...params, query: { limit: size, ...query, after: after ?? undefined } };
      const page = (await client.request(requestOf(contracts[name], asked))) as Page<Lists[Name]>;
      // Without this, a page that names itself as the next one would be requested forever.
      if (!Array.isArray(page.items) || (page.next !== null && page.next === after)) {
        const problem = `GET ${pathOf(contracts[name], asked)} does not answer with pages`;
        throw failure('coordinator_answer_invalid', { url: server, problem });
      }
      items.push(...page.items);
      after = page.next;
    } while (after !== null && items.length < limit);
    return { items, next: after };
  }

  return {
    ...calls,
    server,
    list,

    evictCompromised: async (id: string, order: Pick<EvictRequest, 'dryRun'> = {}) =>
      (await calls.evictNode({ id, body: { compromised: true, ...order } })) as EvictionView,

    /** Passes the snapshot on in pieces. Throws `download_damaged` if its octets are not those of this view. */
    async downloadSnapshot({ id, sizeBytes, sha256 }: SnapshotView, write: (octets: Uint8Array) => Promise<void>) {
      const hash = createHash('sha256');
      let received = 0;
      await client.receive(pathOf(contracts.snapshotContent, { id }), {}, async (octets) => {
        hash.update(octets);
        received += octets.length;
        await write(octets);
      });
      const found = hash.digest('hex');
      if (received === sizeBytes && found === sha256) return;
      const problem = `${received} of ${sizeBytes} bytes came, with the hash ${found}`;
      throw failure('download_damaged', { id, problem });
    },

    /** Passes on all entries, the oldest first, a line of JSON each, in pieces of any size. */
    exportAudit: (take: (octets: Uint8Array) => Promise<void>) =>
      client.receive(pathOf(contracts.auditExport, {}), {}, take),

    /** The metrics of the coordinator, in Prometheus' text format. */
    async metrics(): Promise<string> {
      const pieces: Uint8Array[] = [];
      const headers = { accept: 'text/plain' };
      await client.receive(pathOf(contracts.metrics, {}), { headers }, async (octets) => void pieces.push(octets));
      return Buffer.concat(pieces).toString('utf8');
    },

    /**
     * Events as they happen, after the one with this ID. Resolves when the coordinator ends the stream. Throws what a request
     * throws. It does so too if nothing has come for longer than any coordinator stays silent.
     */
    async streamEvents(
      { cluster, node, kind, since, internal }: EventsWanted,
      last: number | null,
      to: StreamListener,
      ended?: AbortSignal,
    ): Promise<void> {
      const query = { cluster, node, kind, since, internal };
      const read = eventReader(to);
      const headers = { accept: 'text/event-stream', ...(last === null ? {} : { 'last-event-id': String(last) }) };
      await client.receive(pathOf(contracts.eventStream, {}), { query, headers, silenceMs, ended }, async (octets) => {
        try {
          read(octets);
        } catch (error) {
          if (!(error instanceof RangeError || error instanceof SyntaxError)) throw error;
          const problem = `its event stream cannot be read: ${error.message}`;
          throw failure('coordinator_answer_invalid', { url: server, problem });
        }
      });
    },
  };
}

function requestOf(route: Contract, asked: Omit<ApiRequest, 'method' | 'path'>): ApiRequest {
  const [method] = methodAndPath(route);
  const { query, body, octets, ifMatch } = asked;
  const { seconds, waits } = route;
  return {
    ...{ method, path: pathOf(route, asked), query, body, octets, ifMatch },
    deadlineMs: seconds === undefined ? undefined : seconds * 1000,
    changesNothing: waits,
  };
}
