import type { ClusterSpec } from '@picket/shared/protocol/clusters.ts';

export interface SpecChanges {
  readonly members?: number;
  readonly allowDowntime?: boolean;
}

/** The seed's cluster: x-k3s-m-1 and up, at 192.168.7.11 and up. */
export function sampleSpec({ members = 3, allowDowntime = false }: SpecChanges = {}): ClusterSpec {
  return {
    name: 'x-k3s',
    revision: 1,
    members: Array.from({ length: members }, (_, index) => ({
      name: `x-k3s-m-${index + 1}`,
      address: `192.168.7.${index + 11}`,
    })),
    tuning: {
      heartbeatIntervalMs: 500,
      electionTimeoutMs: 5000,
      quotaBackendBytes: 2 * 1024 ** 3,
      snapshotCount: 10_000,
      autoCompactionRetention: '1h',
    },
    domain: 'edge.huatai.me',
    serviceNames: [],
    vips: [],
    advertise: 'ip',
    keyType: 'p256',
    leafLifetimeHours: 8760,
    ports: { client: 2379, peer: 2380, metrics: 2381 },
    allowLoopback: false,
    allowDowntime,
  };
}
