import { isLoopback } from '@picket/shared/names.ts';
import type { MemberState } from '@picket/shared/protocol/desired-state.ts';
import type { HostNetwork } from '../host/host.ts';

/** Where the etcd of this member listens: for what, on which address and port. */
export function listeningPlaces({ address, ports }: MemberState['member']) {
  const local = isLoopback(address) ? address : '127.0.0.1';
  return [
    ['peer', address, ports.peer],
    ['client', address, ports.client],
    ['client', local, ports.client],
    ['metrics', local, ports.metrics],
  ] as const;
}

/** Why etcd could not listen where this member should, or null. Asked only while etcd is down. */
export async function portTaken(network: HostNetwork, member: MemberState['member']): Promise<string | null> {
  for (const [purpose, host, port] of listeningPlaces(member)) {
    const answer = await network.portFree(host, port);
    if (!answer.free) return `the ${purpose} port ${port} on ${host} to be free: ${answer.by}`;
  }
  return null;
}
