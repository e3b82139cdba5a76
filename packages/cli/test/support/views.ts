import type { CertificateView } from '@picket/shared/protocol/certificates.ts';
import type { CertificateInForce } from '@picket/shared/protocol/certificates-in-force.ts';
import type { ClusterStatusView, ClusterView, MemberView } from '@picket/shared/protocol/clusters.ts';
import type { EventView } from '@picket/shared/protocol/events.ts';
import type { NodeView } from '@picket/shared/protocol/nodes.ts';
import type { EtcdReport, RenderedStatus } from '@picket/shared/protocol/report.ts';
import { defaultSnapshotPolicy } from '@picket/shared/protocol/snapshots.ts';
import type { TokenCreated } from '@picket/shared/protocol/tokens.ts';
import { words } from './words.ts';

/** The seed's three boards, as the API tells of them. */
export const now = '2026-11-24T12:00:00.000Z';
const before = (seconds: number) => new Date(Date.parse(now) - seconds * 1000).toISOString();

export const clusterId = 'cdf818194e3a8c32';
const ids = ['7e8d94ba496c072d', 'a01cb65343e64610', '9bfd4ef1e72d26'] as const;

export const service: RenderedStatus['service'] = {
  state: 'running',
  incarnation: 'aaaaaaaa1111',
  etcdVersion: '3.5.2',
  restarts: 0,
  reason: null,
  lastLog: [],
  restartPending: false,
  rejected: null,
};

export function etcd(place: 0 | 1 | 2, change: Partial<EtcdReport> = {}): EtcdReport {
  return {
    clusterId,
    memberId: ids[place],
    isLearner: false,
    leader: ids[2],
    raftTerm: 7,
    raftIndex: 237,
    raftAppliedIndex: 237,
    dbSizeBytes: 20_480,
    dbSizeInUseBytes: 20_480,
    revision: 190,
    version: '3.5.2',
    alarms: [],
    healthy: true,
    linearizableRead: true,
    members: null,
    membersAsOf: 237,
    ...change,
  };
}

export function status(place: 0 | 1 | 2, change: Partial<RenderedStatus> = {}): RenderedStatus {
  const held = (purpose: 'server' | 'peer' | 'client' | 'identity', notAfter: string) => ({
    purpose,
    serial: '4a',
    notBefore: '2026-11-01T00:00:00Z',
    notAfter,
  });
  return {
    agent: {
      version: '0.1.0',
      startedAt: '2026-11-01T00:00:00Z',
      inventory: null,
      generationSeen: 8,
      generationApplied: 8,
      waits: [],
    },
    service,
    etcd: etcd(place),
    certificates: [
      held('identity', '2026-12-01T00:00:00Z'),
      held('server', '2027-11-20T00:00:00Z'),
      held('peer', '2027-11-02T00:00:00Z'),
      held('client', '2027-11-21T00:00:00Z'),
    ],
    lastStep: null,
    machine: {
      disk: { totalBytes: 31_000_000_000, freeBytes: 25_000_000_000 },
      memory: { totalBytes: 965_000_000, availableBytes: 640_000_000 },
      temperatureCelsius: 51,
      clockOffsetMs: 0,
      walFsyncP99Ms: 7,
    },
    ...change,
  };
}

export function member(place: 0 | 1 | 2, change: Partial<MemberView> = {}): MemberView {
  return {
    name: `x-k3s-m-${place + 1}`,
    address: `192.168.7.1${place + 1}`,
    clientUrl: `https://192.168.7.1${place + 1}:2379`,
    nodeId: `node000${place + 1}`,
    phase: 'voter',
    memberId: ids[place],
    incarnation: 'aaaaaaaa1111',
    generation: 8,
    reportedAt: before(4),
    hold: null,
    status: status(place),
    ...change,
  };
}

export const declared: Partial<MemberView> = {
  nodeId: null,
  phase: 'declared',
  memberId: null,
  incarnation: null,
  generation: 0,
  reportedAt: null,
  status: null,
};

export function clusterStatus(change: Partial<ClusterStatusView> = {}): ClusterStatusView {
  return {
    cluster: 'x-k3s',
    revision: 1,
    clusterId,
    state: 'healthy',
    headline: words('All 3 voters serve.'),
    next: null,
    reportEverySeconds: 10,
    waitsFor: [],
    notices: [],
    rollout: null,
    members: [member(0), member(1), member(2)],
    clients: [],
    now,
    ...change,
  };
}

export { before };

export const cluster: ClusterView = {
  spec: {
    name: 'x-k3s',
    revision: 1,
    members: [0, 1, 2].map((place) => ({ name: `x-k3s-m-${place + 1}`, address: `192.168.7.1${place + 1}` })),
    domain: 'edge.huatai.me',
    serviceNames: ['etcd.edge.huatai.me'],
    vips: [],
    advertise: 'ip',
    keyType: 'p256',
    leafLifetimeHours: 8760,
    ports: { client: 2379, peer: 2380, metrics: 2381 },
    allowLoopback: false,
    allowDowntime: false,
    tuning: {
      heartbeatIntervalMs: 500,
      electionTimeoutMs: 5000,
      quotaBackendBytes: 2_147_483_648,
      snapshotCount: 10_000,
      autoCompactionRetention: '1h',
    },
    snapshots: defaultSnapshotPolicy,
  },
  createdAt: now,
  clientAuthoritySpki: 'c'.repeat(64),
  peerAuthoritySpki: 'd'.repeat(64),
  warnings: [],
};

export const secret = 'SECRETSECRETSECRETSECRET';
export const token: TokenCreated = {
  id: 'tok12345',
  cluster: 'x-k3s',
  member: null,
  client: null,
  usesAllowed: 1,
  usesSpent: 0,
  expiresAt: '2026-11-24T13:00:00.000Z',
  createdAt: now,
  createdBy: 'admin',
  isVoid: false,
  joinString: `pkt1.tok12345.${secret}.${'0'.repeat(64)}`,
  warnings: [],
};

export const node: NodeView = {
  id: 'node0001',
  cluster: 'x-k3s',
  member: 'x-k3s-m-1',
  client: null,
  address: '192.168.7.11',
  certificatesExpireAt: '2027-11-02T00:00:00.000Z',
  joinedAt: before(3600),
  agentVersion: '0.1.0',
  generation: 8,
  reportedAt: before(4),
  identityExpiresAt: '2026-12-14T12:00:00.000Z',
  identityFrozen: null,
  evictedAt: null,
};

export const certificate: CertificateView = {
  serial: '4a0b',
  purpose: 'server',
  cluster: 'x-k3s',
  principal: 'urn:picket:node:node0001',
  commonName: 'x-k3s-m-1',
  notBefore: before(300),
  notAfter: '2027-11-24T12:00:00.000Z',
  issuedAt: now,
  revokedAt: null,
};

const forced = { cluster: 'x-k3s', notBefore: before(300), renewalDue: null, warning: null } as const;
const leaf = { ...forced, holder: 'x-k3s-m-1', notAfter: '2027-11-24T12:00:00.000Z', renewedBy: 'agent' } as const;
const operator = { ...leaf, cluster: null, holder: 'ada', purpose: 'operator' } as const;

export const inForce: readonly CertificateInForce[] = [
  {
    ...forced,
    purpose: 'client-ca',
    holder: 'the coordinator',
    serial: '4a01',
    notAfter: '2027-10-01T12:00:00.000Z',
    renewedBy: 'nobody',
    warning: words('The client CA of x-k3s ends.'),
  },
  {
    ...leaf,
    purpose: 'identity',
    serial: '4a02',
    notAfter: '2026-12-24T12:00:00.000Z',
    renewalDue: '2026-12-16T12:00:00.000Z',
  },
  { ...leaf, purpose: 'server', serial: '4a03', renewalDue: '2027-01-20T12:00:00.000Z' },
  {
    ...leaf,
    cluster: null,
    purpose: 'coordinator',
    holder: 'the coordinator',
    serial: '4a04',
    renewedBy: 'coordinator',
    renewalDue: '2027-08-15T12:00:00.000Z',
  },
  { ...operator, serial: '4a05', renewedBy: 'operator' },
  { ...operator, serial: '4a06', notAfter: '2026-12-24T12:00:00.000Z', renewedBy: 'nobody' },
];

export const event = (id: number): EventView => ({
  id,
  at: before(100 - id),
  cluster: id === 1 ? null : 'x-k3s',
  facts: {},
  kind: id === 1 ? 'operator' : 'join',
  message: `Thing ${id} happened.`,
});
