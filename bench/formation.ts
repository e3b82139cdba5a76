import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import type { Background } from '../test/support/children.ts';
import { ensureEtcd } from '../test/support/etcd-binaries.ts';
import { freePorts } from '../test/support/ports.ts';
import type { Bench } from './bench.ts';
import { bareCluster } from './etcd/bare-cluster.ts';
import { blankNodes, buildAgent, threeHosts } from './etcd/blank-nodes.ts';
import { secondsOf } from './etcd/seconds.ts';
import { firstPut } from './etcd/wait-for.ts';

const ourNetwork = 70;
const peerNetwork = 71;
/** Three etcd elect within half a second or after two by chance: a median of single starts would jump between them. */
const starts = 8;

/** From blank machines to a cluster that keeps what is written to it. */
export const formation: Bench = {
  name: 'formation',
  unit: 's',
  better: 'lower',
  ours: `the mean of ${starts} starts, each from the start of the built agent’s join on three blank nodes at once, each followed by its run, to the first put that is acknowledged, made with the client certificate of a node’s agent`,
  peer: `the mean of ${starts} starts, each from the start of three etcd at once (initial-cluster-state new, the same conf.yml otherwise), their certificates and files ready, to the first put that is acknowledged`,
  leavesOut: [
    'Starting the coordinator, declaring the cluster and making the join string are not counted, and neither is all that the other side has made ready by hand.',
    'All three nodes and the coordinator share this machine’s processors and its disk.',
    'etcd is the agent’s own child here; OpenRC’s supervise-daemon is not measured.',
    'The first put needs one voter in ours and two of three in the other: what is gained by three voters is measured by `voters`.',
  ],
  reach: 1.5,
  goal: 0.9,
  runs: 7,
  async prepare(surroundings) {
    const { folder, signal } = surroundings;
    const etcd = await ensureEtcd(surroundings);
    const agentFile = await buildAgent();
    const hosts = threeHosts(peerNetwork);
    const ports = await freePorts(hosts.map(({ address }) => address));

    async function ours(): Promise<number> {
      const own = await mkdtemp(join(folder, 'ours-'));
      const nodes = await blankNodes(surroundings, { folder: own, network: ourNetwork, agentFile });
      try {
        const [seconds] = await Promise.all([secondsOf(() => firstPut(nodes.fleet.machines, signal)), nodes.joinAll()]);
        return seconds;
      } finally {
        await nodes.fleet.stop();
      }
    }

    async function peer(): Promise<number> {
      const own = await mkdtemp(join(folder, 'peer-'));
      const members = await bareCluster({ folder: own, etcd, hosts, ports });
      for (const member of members) await member.configure(members, 'new');
      let started: readonly Background[] = [];
      try {
        return await secondsOf(() => {
          started = members.map((member) => member.start());
          return firstPut(members, signal);
        });
      } finally {
        await Promise.all(started.map((one) => one.stop()));
      }
    }

    return { ours: () => meanOf(ours), peer: () => meanOf(peer), close: async () => undefined };
  },
};

async function meanOf(start: () => Promise<number>): Promise<number> {
  let sum = 0;
  for (let done = 0; done < starts; done += 1) sum += await start();
  return sum / starts;
}
