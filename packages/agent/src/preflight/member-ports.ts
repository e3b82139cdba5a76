import { failure } from '@picket/shared/errors.ts';
import { isLoopback } from '@picket/shared/names.ts';
import type { JoinAnswer } from '@picket/shared/protocol/join.ts';
import type { HostNetwork } from '../host/host.ts';

/** Throws `port_taken` for the first port of this member that cannot be listened on. Asked while no etcd of this node's runs. */
export async function checkMemberPorts(network: HostNetwork, member: JoinAnswer['member']): Promise<void> {
  const { address, ports } = member;
  const local = isLoopback(address) ? address : '127.0.0.1';
  const places = [
    ['client', address, ports.client],
    ['peer', address, ports.peer],
    ['metrics', local, ports.metrics],
  ] as const;
  for (const [purpose, where, port] of places) {
    const found = await network.portFree(where, port);
    if (!found.free) throw failure('port_taken', { purpose, port, address: where, holder: found.by });
  }
}
