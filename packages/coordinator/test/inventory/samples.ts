import type { ClusterSpec } from '@picket/shared/protocol/clusters.ts';
import type { DesiredState } from '@picket/shared/protocol/desired-state.ts';
import type { NodeFacts } from '@picket/shared/protocol/join.ts';
import type { NodeStatus } from '@picket/shared/protocol/report.ts';
import { defaultSnapshotPolicy } from '@picket/shared/protocol/snapshots.ts';
import type { Inventory, NewCertificate, NewNode, TokenRecord } from '../../src/inventory/inventory.ts';
import { openInventory } from '../../src/inventory/open-inventory.ts';
import { noConditions } from '../../src/model/conditions.ts';
import { emptyProgress } from '../../src/model/progress.ts';

export const start = Date.UTC(2026, 0, 15, 12);
export const hour = 3_600_000;
export const day = 24 * hour;

/** Ids that a test can predict. */
export function countingIds(prefix = 'id'): () => string {
  let count = 0;
  return () => `${prefix}${String(++count).padStart(8, '0')}`;
}

export async function openSample(path: string): Promise<Inventory> {
  return openInventory(path, { newId: countingIds('inventory') });
}

export function sampleSpec(overrides: Partial<ClusterSpec> = {}): ClusterSpec {
  return {
    name: 'prod',
    revision: 1,
    members: [
      { name: 'pi-1', address: '192.168.7.11' },
      { name: 'pi-2', address: '192.168.7.12' },
      { name: 'pi-3', address: '192.168.7.13' },
    ],
    domain: 'home.example',
    serviceNames: [],
    vips: [],
    advertise: 'ip',
    keyType: 'p256',
    leafLifetimeHours: 8760,
    ports: { client: 2379, peer: 2380, metrics: 2381 },
    allowLoopback: false,
    allowDowntime: false,
    tuning: {
      heartbeatIntervalMs: 100,
      electionTimeoutMs: 1000,
      quotaBackendBytes: 2 * 1024 ** 3,
      snapshotCount: 10_000,
      autoCompactionRetention: '1h',
    },
    snapshots: defaultSnapshotPolicy,
    ...overrides,
  };
}

/** A cluster of this name in the store. */
export async function createCluster(inventory: Inventory, overrides: Partial<ClusterSpec> = {}): Promise<ClusterSpec> {
  const spec = sampleSpec(overrides);
  await inventory.clusters.create({
    id: `${spec.name}00000000`,
    spec,
    progress: emptyProgress,
    conditions: noConditions,
    progressVersion: 0,
    createdAt: start,
  });
  return spec;
}

export function sampleToken(overrides: Partial<TokenRecord> = {}): TokenRecord {
  return {
    id: 'token000',
    secretHash: '00'.repeat(32),
    cluster: 'prod',
    kind: 'member',
    name: null,
    usesAllowed: 1,
    usesSpent: 0,
    expiresAt: start + hour,
    createdAt: start,
    createdBy: 'urn:picket:operator:ada',
    ...overrides,
  };
}

export function sampleFacts(overrides: Partial<NodeFacts> = {}): NodeFacts {
  return {
    name: 'pi-1',
    addresses: ['127.0.0.1', '192.168.7.11'],
    agentVersion: '0.1.0',
    etcdVersion: '3.5.16',
    os: 'Alpine Linux 3.23',
    arch: 'arm64',
    layout: { etcDir: '/etc/etcd', dataRoot: '/var/lib/etcd', logFile: '/var/log/etcd/etcd.log' },
    ...overrides,
  };
}

/** A new node of a member. */
type MemberSample = Extract<NewNode, { kind: 'member' }>;

export function sampleNode(overrides: Partial<MemberSample> = {}): MemberSample {
  return {
    id: 'node0001',
    cluster: 'prod',
    kind: 'member',
    member: 'pi-1',
    joinedAt: start,
    tokenId: 'token000',
    spkiHash: '11'.repeat(32),
    facts: sampleFacts(),
    ...overrides,
  };
}

export function sampleCertificate(overrides: Partial<NewCertificate> = {}): NewCertificate {
  return {
    serial: '4a01',
    purpose: 'node',
    cluster: 'prod',
    principal: 'urn:picket:node:node0001',
    commonName: 'pi-1',
    spkiHash: '11'.repeat(32),
    notBefore: start - 300_000,
    notAfter: start + 30 * day,
    issuedAt: start,
    ...overrides,
  };
}

export function sampleDesired(generation: number): DesiredState {
  return {
    inventory: 'inventory00000001',
    generation,
    seal: 's'.repeat(64),
    priorSeals: [],
    nodeId: 'node0001',
    cluster: 'prod',
    member: { name: 'pi-1', address: '192.168.7.11', ports: { client: 2379, peer: 2380, metrics: 2381 } },
    trust: { control: 'control', client: 'client', peer: 'peer' },
    certificates: [],
    etcd: null,
    retired: [],
    endpoints: [],
    membershipStep: null,
    permit: null,
  };
}

export function sampleStatus(restarts: number): NodeStatus {
  return {
    agent: {
      version: '0.1.0',
      startedAt: '2026-01-15T12:00:00Z',
      inventory: null,
      generationSeen: 1,
      generationApplied: 1,
      waits: [],
    },
    service: {
      state: 'running',
      incarnation: null,
      etcdVersion: null,
      restarts,
      reason: null,
      lastLog: [],
      restartPending: false,
      rejected: null,
    },
    etcd: null,
    certificates: [],
    lastStep: null,
    machine: { disk: null, memory: null, temperatureCelsius: null, clockOffsetMs: null, walFsyncP99Ms: null },
  };
}
