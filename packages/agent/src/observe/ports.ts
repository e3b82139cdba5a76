import { isLoopback } from '@picket/shared/names.ts';
import type { DesiredState } from '@picket/shared/protocol/desired-state.ts';
import type { HostNetwork } from '../host/host.ts';

/** Why etcd could not listen where this member should, or null. Asked only while etcd is down. */
export async function portTaken(network: HostNetwork, member: DesiredState['member']): Promise<string | null> {
  const { address, ports } = member;
  const local = isLoopback(address) ? address : '127.0.0.1';
  const places = [
    ['peer', address, ports.peer],
    ['client', address, ports.client],
    ['client', local, ports.client],
    ['metrics', local, ports.metrics],
  ] as const;
  for (const [purpose, host, port] of places) {
    const answer = await network.portFree(host, port);
    if (!answer.free) return `the ${purpose} port ${port} on ${host} to be free: ${answer.by}`;
  }
  return null;
}
