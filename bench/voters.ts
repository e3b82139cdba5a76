import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Background, runToEnd } from '../test/support/children.ts';
import { type EtcdBinaries, ensureEtcd } from '../test/support/etcd-binaries.ts';
import { freePorts } from '../test/support/ports.ts';
import type { Bench } from './bench.ts';
import { type BareMember, bareCluster } from './etcd/bare-cluster.ts';
import { blankNodes, buildAgent, threeHosts } from './etcd/blank-nodes.ts';
import { secondsOf } from './etcd/seconds.ts';
import { allVote, firstPut } from './etcd/wait-for.ts';

const ourNetwork = 72;
const peerNetwork = 73;
/** How soon a script asks again after etcd has refused. */
const retryMs = 100;

/** From blank machines to three voters that serve. */
export const voters: Bench = {
  name: 'voters',
  unit: 's',
  better: 'lower',
  ours: 'from the start of the built agent’s join on three blank nodes at once, each followed by its run, until each of the three has answered a linearizable read that lists three voters',
  peer: 'the same end, from the start of one etcd whose certificates and files lie ready: etcdctl adds a learner, it is started, etcdctl promotes it, and so with the third; what etcd refuses is asked for again after 100 ms',
  leavesOut: [
    'Starting the coordinator, declaring the cluster and making the join string are not counted, and neither is all that the other side has made ready by hand.',
    'All three nodes and the coordinator share this machine’s processors and its disk.',
    'etcd itself refuses a change before its voters have been connected for five seconds: that is in both figures.',
  ],
  reach: 1.5,
  goal: 1.1,
  runs: 7,
  async prepare(surroundings) {
    const { folder, signal } = surroundings;
    const etcd = await ensureEtcd(surroundings);
    const agentFile = await buildAgent();
    const hosts = threeHosts(peerNetwork);
    const ports = await freePorts(hosts.map(({ address }) => address));
    return {
      async ours() {
        const own = await mkdtemp(join(folder, 'ours-'));
        const nodes = await blankNodes(surroundings, { folder: own, network: ourNetwork, agentFile });
        try {
          const [seconds] = await Promise.all([
            secondsOf(() => allVote(nodes.fleet.machines, signal)),
            nodes.joinAll(),
          ]);
          return seconds;
        } finally {
          await nodes.fleet.stop();
        }
      },
      async peer() {
        const own = await mkdtemp(join(folder, 'peer-'));
        const members = await bareCluster({ folder: own, etcd, hosts, ports });
        const started: Background[] = [];
        try {
          return await secondsOf(async () => {
            await growByHand(members, etcd, started, signal);
            await allVote(members, signal);
          });
        } finally {
          await Promise.all(started.map((one) => one.stop()));
        }
      },
      close: async () => undefined,
    };
  },
};

/** What a script would do that knows etcd well: one founder, the others as learners, promoted one by one. */
async function growByHand(
  members: readonly BareMember[],
  etcd: EtcdBinaries,
  started: Background[],
  signal: AbortSignal,
): Promise<void> {
  const [founder, ...others] = members;
  if (founder === undefined) return;
  await founder.configure([founder], 'new');
  started.push(founder.start());
  await firstPut([founder], signal);
  const present = [founder];
  for (const member of others) {
    present.push(member);
    const added = await insist(founder, etcd, signal, [
      'member',
      'add',
      member.name,
      '--learner',
      '--peer-urls',
      member.peerUrl,
      '--write-out',
      'json',
    ]);
    // By hand, since it is a 64-bit number, which JSON.parse would round.
    const id = /"member":\{"ID":(\d+)/.exec(added)?.[1];
    if (id === undefined) throw new Error(`etcdctl member add said ${added}`);
    await member.configure(present, 'existing');
    started.push(member.start());
    await insist(founder, etcd, signal, ['member', 'promote', BigInt(id).toString(16)]);
  }
}

/** Runs etcdctl until it succeeds, and gives back what it said. */
async function insist(
  { clientUrl, etcDir }: BareMember,
  etcd: EtcdBinaries,
  signal: AbortSignal,
  args: readonly string[],
): Promise<string> {
  for (;;) {
    signal.throwIfAborted();
    const done = await runToEnd(etcd.etcdctl, args, {
      env: {
        ETCDCTL_API: '3',
        ETCDCTL_ENDPOINTS: clientUrl,
        ETCDCTL_CACERT: join(etcDir, 'ca.pem'),
        ETCDCTL_CERT: join(etcDir, 'client.pem'),
        ETCDCTL_KEY: join(etcDir, 'client-key.pem'),
      },
    });
    if (done.code === 0) return done.stdout;
    await sleep(retryMs, undefined, { signal });
  }
}
