import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureEtcd } from '../../test/support/etcd-binaries.ts';
import { type Fleet, type Machine, makeFleet } from '../../test/support/fleet.ts';
import type { BenchSurroundings } from '../bench.ts';
import type { Target } from './connection.ts';

/** A coordinator in its own process, and one node that has joined it; its agent does not run. */
export interface JoinedNode {
  readonly fleet: Fleet;
  /** The coordinator, asked as this node. */
  readonly target: Target;
  /** The coordinator's certificate and key in one PEM, for a peer that serves with the same. */
  readonly serverPem: string;
  /** The control CA in PEM. */
  readonly control: string;
}

/** @param network the member is on 127.0.NETWORK.11; each bench has one of its own */
export async function joinedNode(surroundings: BenchSurroundings, network: number): Promise<JoinedNode> {
  const { folder, signal } = surroundings;
  const etcd = await ensureEtcd(surroundings);
  const hosts = [{ name: 'x-k3s-m-1', address: `127.0.${network}.11` }];
  // One node stands for many here; its requests are counted all the same.
  const settings = [
    'limits:',
    ...['pollsPerMinute', 'nodeRequestsPerMinute', 'certificatesPerDay'].map((limit) => `  ${limit}: 1000000`),
  ];
  const fleet = await makeFleet({ folder, etcd, hosts, settings, signal });
  await fleet.startCoordinator();
  await fleet.createCluster('x-k3s', 'edge.huatai.me', 'etcd.edge.huatai.me');
  const machine = fleet.machine('x-k3s-m-1');
  const joined = await machine.join(await fleet.joinString('x-k3s'));
  if (joined.code !== 0) throw new Error(`the node could not join:\n${joined.stderr}`);
  const target = await targetAs(fleet, machine);
  const serverPem = await readFile(join(folder, 'coordinator/server.pem'), 'utf8');
  return { fleet, control: target.ca, serverPem, target };
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
