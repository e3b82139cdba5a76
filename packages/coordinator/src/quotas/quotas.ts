import { failure } from '@picket/shared/errors.ts';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';

const minute = 60;
const day = 24 * 60 * minute;
const kinds = {
  connections: { limit: 'newConnectionsPerTenSeconds', seconds: 10, what: 'connections' },
  connectionsOfAddress: { limit: 'newConnectionsPerAddressPerTenSeconds', seconds: 10, what: 'connections' },
  foreignCertificates: { limit: 'foreignCertificatesPerTenSeconds', seconds: 10, what: 'foreign certificates' },
  foreignCertificatesOfAddress: {
    limit: 'foreignCertificatesPerAddressPerTenSeconds',
    seconds: 10,
    what: 'foreign certificates',
  },
  strangers: { limit: 'strangerRequestsPerMinute', seconds: minute, what: 'requests without a valid certificate' },
  joins: { limit: 'joinsPerMinute', seconds: minute, what: 'requests to join' },
  recoveries: { limit: 'recoveriesPerMinute', seconds: minute, what: 'requests to recover an identity' },
  polls: { limit: 'pollsPerMinute', seconds: minute, what: 'requests for the desired state' },
  reports: { limit: 'reportsPerMinute', seconds: minute, what: 'reports' },
  snapshotParts: { limit: 'snapshotPartsPerMinute', seconds: minute, what: 'parts of snapshots' },
  nodeRequests: { limit: 'nodeRequestsPerMinute', seconds: minute, what: 'requests' },
  nodeBodies: { limit: 'nodeKibPerMinute', seconds: minute, what: 'KiB of bodies' },
  operatorRequests: { limit: 'operatorRequestsPerMinute', seconds: minute, what: 'requests' },
  operatorPages: { limit: 'operatorPagesPerMinute', seconds: minute, what: 'requests for lists and states' },
  auditedRequests: { limit: 'auditedRequestsPerDay', seconds: day, what: 'requests that the audit log records' },
  certificates: { limit: 'certificatesPerDay', seconds: day, what: 'certificates' },
  holds: { limit: 'holdsPerDay', seconds: day, what: 'requests to hold or release its member' },
} as const satisfies Readonly<Record<string, { limit: string; seconds: number; what: string }>>;

export type QuotaKind = keyof typeof kinds;

/** How many requests of each kind one client may make: a node, an operator, or an address of strangers. */
export type QuotaLimits = Readonly<Record<(typeof kinds)[QuotaKind]['limit'], number>>;

export type Quotas = ReturnType<typeof openQuotas>;

/**
 * Counts the requests of each client, in memory (R18). The number of counters is limited: for nodes and operators by
 * how many exist, for addresses by `newConnectionsPerTenSeconds`, since every stranger's request needs a connection.
 */
export function openQuotas(limits: QuotaLimits) {
  const limiters: Partial<Record<QuotaKind, RateLimiterMemory>> = {};
  const limiter = (kind: QuotaKind): RateLimiterMemory => {
    const { limit, seconds } = kinds[kind];
    limiters[kind] ??= new RateLimiterMemory({ points: limits[limit], duration: seconds, keyPrefix: '' });
    return limiters[kind];
  };
  return {
    /** Counts one, or so many, of this kind for this client. Throws `too_many_requests` once the limit is reached. */
    async spend(kind: QuotaKind, client: string, count = 1) {
      try {
        await limiter(kind).consume(client, count);
      } catch (spent) {
        if (!(spent instanceof RateLimiterRes)) throw spent;
        const { limit, seconds, what } = kinds[kind];
        const retryAfterSeconds = Math.max(1, Math.ceil(spent.msBeforeNext / 1000));
        throw failure('too_many_requests', { what, most: limits[limit], seconds, retryAfterSeconds });
      }
    },
    /** Whether the next one of this kind would be refused. Counts nothing. */
    async isSpent(kind: QuotaKind, client: string): Promise<boolean> {
      const counted = await limiter(kind).get(client);
      return counted !== null && counted.consumedPoints >= limits[kinds[kind].limit];
    },
    /** Counts one less: the client turned out to be a known one. */
    async giveBack(kind: QuotaKind, client: string) {
      await limiter(kind).reward(client);
    },
  };
}
