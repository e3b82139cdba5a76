import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureEtcd } from '../../test/support/etcd-binaries.ts';
import { type Fleet, type Machine, makeFleet } from '../../test/support/fleet.ts';
import type { BenchSurroundings } from '../bench.ts';
import type { Target } from './connection.ts';

/** A coordinator in its own process, and nodes that have joined it; their agents do not run. */
export interface JoinedNodes {
  readonly fleet: Fleet;
  /** The coordinator, asked as each of these nodes. There is at least one. */
  readonly targets: readonly [Target, ...Target[]];
  /** The coordinator's certificate and key in one PEM, for a peer that serves with the same. */
  readonly serverPem: string;
  /** The control CA in PEM. */
  readonly control: string;
}

/**
 * @param network the members are on 127.0.NETWORK.11 and the addresses after it; each bench has a network of its own
 * @param count how many nodes join
 */
export async function joinedNodes(
  surroundings: BenchSurroundings,
  network: number,
  count: number,
): Promise<JoinedNodes> {
  const { folder, signal } = surroundings;
  const etcd = await ensureEtcd(surroundings);
  const hosts = Array.from({ length: count }, (_, index) => ({
    name: `x-k3s-m-${index + 1}`,
    address: `127.0.${network}.${11 + index}`,
  }));
  // One node stands for many here; its requests are counted all the same.
  const settings = [
    'limits:',
    ...[
      'pollsPerMinute',
      'nodeRequestsPerMinute',
      'nodeKibPerMinute',
      'certificatesPerDay',
      'requestsAtOncePerClient',
    ].map((limit) => `  ${limit}: 1000000`),
  ];
  const fleet = await makeFleet({ folder, etcd, hosts, settings, signal });
  await fleet.startCoordinator();
  await fleet.createCluster('x-k3s', 'edge.huatai.me', 'etcd.edge.huatai.me');
  const targets: Target[] = [];
  for (const { name } of hosts) {
    const machine = fleet.machine(name);
    const joined = await machine.join(await fleet.joinString('x-k3s'));
    if (joined.code !== 0) throw new Error(`the node could not join:\n${joined.stderr}`);
    targets.push(await targetAs(fleet, machine));
  }
  const [first, ...others] = targets;
  if (first === undefined) throw new RangeError('no node was to join');
  const serverPem = await readFile(join(folder, 'coordinator/server.pem'), 'utf8');
  return { fleet, control: first.ca, serverPem, targets: [first, ...others] };
}

/** The coordinator, asked as the node that this machine has become by its join. */
export async function targetAs(fleet: Fleet, { stateDir }: Machine): Promise<Target> {
  const [credential, control] = await Promise.all([
    readFile(join(stateDir, 'identity.pem'), 'utf8'),
    readFile(join(stateDir, 'control-ca.pem'), 'utf8'),
  ]);
  const { hostname, port } = new URL(fleet.url);
  return { host: hostname, port: Number(port), ca: control, certificate: credential, key: credential };
}
