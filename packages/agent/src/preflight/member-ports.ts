import { failure } from '@picket/shared/errors.ts';
import type { JoinAnswer } from '@picket/shared/protocol/join.ts';
import type { Host, HostNetwork } from '../host/host.ts';
import { listeningPlaces } from '../observe/ports.ts';
import { type Check, ok } from './check.ts';

/** Throws `port_taken` for the first port of this member that is not free. Called while no etcd of this node runs. */
export async function checkMemberPorts(network: HostNetwork, member: JoinAnswer['member']): Promise<Check> {
  for (const [purpose, where, port] of listeningPlaces(member)) {
    const found = await network.portFree(where, port);
    if (!found.free) throw failure('port_taken', { purpose, port, address: where, holder: found.by });
  }
  const { client, peer, metrics } = member.ports;
  return ok('ports', `${client}, ${peer} and ${metrics} are free`);
}

/**
 * The same, unless the etcd of this member runs: then the ports are its own. An agent that runs may start it meanwhile. Throws
 * `port_taken`.
 */
export async function checkPorts(
  { init, network }: Pick<Host, 'init' | 'network'>,
  member: JoinAnswer['member'],
): Promise<Check> {
  const { client, peer, metrics } = member.ports;
  const own = ok('ports', `${client}, ${peer} and ${metrics} are of the etcd of this member, which runs`);
  const runs = async () => (await init.state()).kind === 'running';
  if (await runs()) return own;
  try {
    return await checkMemberPorts(network, member);
  } catch (error) {
    if (await runs()) return own;
    throw error;
  }
}
