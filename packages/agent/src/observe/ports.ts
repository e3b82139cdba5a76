import { isLoopback } from '@picket/shared/names.ts';
import type { MemberState } from '@picket/shared/protocol/desired-state.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import type { HostNetwork } from '../host/host.ts';
import { hasOpenMetrics } from '../model/conf.ts';

/** Where the etcd of this member listens: purpose, address and port. `metricsOnAddress`: as its conf.yml says. */
export function listeningPlaces({ address, ports }: MemberState['member'], metricsOnAddress = false) {
  const local = isLoopback(address) ? address : '127.0.0.1';
  return [
    ['peer', address, ports.peer],
    ['client', address, ports.client],
    ['client', local, ports.client],
    ['metrics', local, ports.metrics],
    ...(metricsOnAddress && local !== address ? [['metrics', address, ports.metrics] as const] : []),
  ] as const;
}

/** Why etcd could not listen on this member's ports; null if it can. Called only while etcd is down. */
export async function portTaken(
  network: HostNetwork,
  member: MemberState['member'],
  conf: string,
): Promise<Reason | null> {
  for (const [purpose, host, port] of listeningPlaces(member, hasOpenMetrics(conf))) {
    const answer = await network.portFree(host, port);
    if (!answer.free) return reason('port_to_be_free', { purpose, port, host, by: answer.by });
  }
  return null;
}
