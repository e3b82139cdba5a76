import { readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { Background } from '../test/support/children.ts';
import { ensureEtcd } from '../test/support/etcd-binaries.ts';
import { etcdPids } from '../test/support/etcd-processes.ts';
import { freePorts } from '../test/support/ports.ts';
import { until } from '../test/support/until.ts';
import type { Bench } from './bench.ts';
import { type BareMember, bareCluster, heartbeatMs } from './etcd/bare-cluster.ts';
import { blankNodes, buildAgent, threeHosts } from './etcd/blank-nodes.ts';
import { secondsOf } from './etcd/seconds.ts';
import { allVote, type ClientView, followers, servesReads } from './etcd/wait-for.ts';

const ourNetwork = 74;
const peerNetwork = 75;

/** Its multiples, modulo 1, fill the time between two heartbeats evenly, however many there are. */
const goldenRatio = (Math.sqrt(5) - 1) / 2;

/** From the death of a member's etcd until it serves again. */
export const restart: Bench = {
  name: 'restart',
  unit: 's',
  better: 'lower',
  ours: 'from SIGKILL of a follower’s etcd in a healthy cluster of three, which its agent brings back, until it answers a linearizable read',
  peer: 'the same of a cluster of three bare etcd, each under a process that waits for its end and starts it again at once',
  leavesOut: [
    'etcd is the agent’s own child here: on a machine with OpenRC or systemd it is these that bring it back, without the agent.',
    `A restarted follower waits for the leader’s heartbeat, every ${heartbeatMs} ms: the kills of both sides are spread evenly over that time, and their median shows half of it.`,
    'Only followers are killed: after the leader’s death the figure is mostly that of the election among the others, which is random.',
    'A second crash before etcd has served is followed by a pause of 1, 2, 4 … 60 s, which this does not show.',
  ],
  reach: 1.3,
  goal: 1.05,
  runs: 15,
  async prepare(surroundings) {
    const { folder, signal } = surroundings;
    const etcd = await ensureEtcd(surroundings);
    const nodes = await blankNodes(surroundings, {
      folder: join(folder, 'ours'),
      network: ourNetwork,
      agentFile: await buildAgent(),
    });
    await nodes.joinAll();
    const hosts = threeHosts(peerNetwork);
    const ports = await freePorts(hosts.map(({ address }) => address));
    const bare = await bareCluster({ folder: join(folder, 'peer'), etcd, hosts, ports });
    for (const member of bare) await member.configure(bare, 'new');
    const kept = bare.map((member) => keepRunning(member, signal));
    const { machines } = nodes.fleet;
    async function close(): Promise<void> {
      await Promise.all([...kept.map((one) => one.stop()), nodes.fleet.stop()]);
    }
    await Promise.all([allVote(machines, signal), allVote(bare, signal)]).catch(async (error: unknown) => {
      await close();
      throw error;
    });

    const last = new Map<readonly ClientView[], ClientView>();
    const kills = new Map<readonly ClientView[], number>();
    async function killed<Member extends ClientView>(
      members: readonly Member[],
      pidOf: (member: Member) => Promise<number | undefined>,
    ): Promise<number> {
      await allVote(members, signal);
      // In turns: one that has only just come back is not what is measured.
      const member = (await followers(members, signal)).find((one) => one !== last.get(members));
      if (member === undefined) throw new Error('no member follows a leader');
      last.set(members, member);
      const pid = await pidOf(member);
      // kill(2) takes smaller numbers for whole groups of processes.
      if (pid === undefined || pid < 2) throw new Error('the member to be killed has no process');
      const count = (kills.get(members) ?? 0) + 1;
      kills.set(members, count);
      // Otherwise the end of one run, which a heartbeat brought, would decide when the next one begins.
      await setTimeout(((count * goldenRatio) % 1) * heartbeatMs);
      return secondsOf(async () => {
        process.kill(pid, 'SIGKILL');
        // So that nothing is answered by the one that dies.
        await until(
          'it has ended',
          () =>
            readlink(`/proc/${pid}/exe`).then(
              () => false,
              () => true,
            ),
          dies,
        );
        await servesReads(member, signal);
      });
    }

    return {
      ours: () => killed(machines, async (machine) => (await etcdPids(machine))[0]),
      peer: () => killed(bare, async (member) => kept[bare.indexOf(member)]?.pid()),
      close,
    };
  },
};

const dies = { within: 5000, every: 1 };

/** The least that a supervisor does: it waits for the end, and starts it again. */
function keepRunning(
  member: BareMember,
  signal: AbortSignal,
): { readonly pid: () => number; readonly stop: () => Promise<void> } {
  let stopped = false;
  let current: Background = member.start();
  const watch = async (): Promise<void> => {
    for (;;) {
      await current.ended;
      if (stopped || signal.aborted) return;
      current = member.start();
    }
  };
  const watched = watch();
  return {
    pid: () => current.pid,
    async stop() {
      stopped = true;
      await current.stop();
      await watched;
    },
  };
}
