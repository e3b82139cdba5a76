import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { runToEnd } from '../../test/support/children.ts';
import { ensureEtcd } from '../../test/support/etcd-binaries.ts';
import { type Fleet, makeFleet } from '../../test/support/fleet.ts';
import type { BenchSurroundings } from '../bench.ts';

const root = join(import.meta.dirname, '../..');
const cluster = 'x-k3s';

/** Three members on loopback addresses that no other program uses: 127.0.NETWORK.11 and on. */
export function threeHosts(network: number): readonly { readonly name: string; readonly address: string }[] {
  return [1, 2, 3].map((number) => ({ name: `x-k3s-m-${number}`, address: `127.0.${network}.${10 + number}` }));
}

/** Builds the agent as it is installed, in one file, and gives back its path. */
export async function buildAgent(): Promise<string> {
  const agentFile = join(root, 'dist/picket-agent.cjs');
  const built = await runToEnd(process.execPath, [join(root, 'scripts/build.ts'), agentFile]);
  if (built.code !== 0) throw new Error(`the agent could not be built:\n${built.stderr}`);
  return agentFile;
}

/** Nodes on which nothing has been done, with all that an operator does before going to the first of them. */
export interface BlankNodes {
  readonly fleet: Fleet;
  /** `picket-agent join` and then `picket-agent run`, on all of them at once; resolves when all agents run. */
  joinAll(): Promise<void>;
}

/** A coordinator that runs, the cluster declared, a join string for all of its nodes. */
export async function blankNodes(
  surroundings: BenchSurroundings,
  { folder, network, agentFile }: { readonly folder: string; readonly network: number; readonly agentFile: string },
): Promise<BlankNodes> {
  const { signal } = surroundings;
  await mkdir(folder, { recursive: true });
  const etcd = await ensureEtcd(surroundings);
  const fleet = await makeFleet({ folder, etcd, hosts: threeHosts(network), agentFile, signal });
  await fleet.startCoordinator();
  await fleet.createCluster(cluster, 'edge.huatai.me', 'etcd.edge.huatai.me');
  const joinString = await fleet.joinString(cluster, '--uses', String(fleet.machines.length));
  return {
    fleet,
    async joinAll() {
      await Promise.all(
        fleet.machines.map(async (machine) => {
          const joined = await machine.join(joinString);
          if (joined.code !== 0) throw new Error(`${machine.name} could not join:\n${joined.stderr}`);
          machine.startAgent();
        }),
      );
    },
  };
}
