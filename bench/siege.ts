import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { sceneIn } from '../test/adversary/scene.ts';
import { besieged, besiegers } from '../test/adversary/siege.ts';
import { ensureEtcd } from '../test/support/etcd-binaries.ts';
import { makeFleet } from '../test/support/fleet.ts';
import { cluster, domain, serviceName } from '../test/support/fleet-of-test.ts';
import { packagedFlags } from '../test/support/packaged-flags.ts';
import type { Bench } from './bench.ts';

const network = '127.0.93';
/** What an agent and an operator are promised while others attack (R18). */
const promisedSeconds = 2;

/** The slowest answer while everybody attacks who can. */
export const siege: Bench = {
  name: 'siege',
  unit: 's',
  better: 'lower',
  ours: `the slowest answer to a poll or a status, on kept and on new connections, while ${besiegers} nodes, two viewers and two addresses of strangers attack for 20 s in all ways at the same time`,
  peer: `no program but the promise: ${promisedSeconds} s`,
  leavesOut: [
    'The attack runs on one core of this machine, and the coordinator, an agent, an etcd and the askers share the others: the fewer there are, the slower.',
    'Loopback has no bound of its own. A network card of 1 Gbit/s would hold back a part of the attack.',
  ],
  reach: 1,
  goal: 0.5,
  runs: 3,
  async prepare(surroundings) {
    const { signal } = surroundings;
    const folder = join(surroundings.folder, 'fleet');
    await mkdir(folder);
    const etcd = await ensureEtcd(surroundings);
    const fleet = await makeFleet({
      folder,
      etcd,
      hosts: [{ name: 'x-k3s-m-1', address: `${network}.11` }],
      clients: Array.from({ length: besiegers }, (_, index) => ({
        name: `x-k3s-c-${index + 1}`,
        address: `${network}.${101 + index}`,
      })),
      nodeFlags: await packagedFlags(),
      signal,
    });
    await fleet.startCoordinator();
    await fleet.createCluster(cluster, domain, serviceName);
    const attack = await besieged(await sceneIn(fleet, { traitors: besiegers }));
    return {
      async ours() {
        const { asked } = await attack();
        return Math.max(...asked.map(([, { slowestMs }]) => slowestMs)) / 1000;
      },
      peer: () => Promise.resolve(promisedSeconds),
      close: () => fleet.stop(),
    };
  },
};
