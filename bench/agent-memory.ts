import { appendFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { NodeStatus, ReportRequest } from '@picket/shared/protocol/report.ts';
import { type Background, startInBackground } from '../test/support/children.ts';
import { ensureEtcd } from '../test/support/etcd-binaries.ts';
import { type Fleet, type Machine, makeFleet } from '../test/support/fleet.ts';
import { until } from '../test/support/until.ts';
import type { Bench } from './bench.ts';
import { buildAgent } from './etcd/blank-nodes.ts';
import { launcherOptions } from './launcher.ts';
import { targetAs } from './load/joined-node.ts';
import { requestText } from './load/request.ts';
import { type Memory, settledMemory } from './memory.ts';
import { figure } from './table.ts';

const network = 78;
const requests = 100;
const peerProgram = join(import.meta.dirname, 'peers/hand-written-agent.cjs');
const clusterOfOurs = 'ours';
const clusterOfPeer = 'peer';

/** What the agent costs a board with little memory, beyond what Node.js itself does. */
export const agentMemory: Bench = {
  name: 'agent-memory',
  unit: 'MB',
  better: 'lower',
  ours: `resident memory of the built agent, with the options and the warm compile cache of packaging/bin/picket-agent, after ${requests} reports to a real coordinator and the long polls between them, its etcd running and healthy, looked after all the while`,
  peer: `resident memory of the same node binary, without options, after one node:tls connection with mutual TLS has carried ${requests} reports written by hand`,
  leavesOut: [
    'Resident memory counts the pages of the node binary that are in use, for both: on a board no other process shares them. The bench prints the anonymous part while it runs.',
    'etcd is not counted; it is no child of the agent where OpenRC or systemd runs it.',
    'The agent reports every second here, not every ten, and is measured after two minutes, not after months.',
    'The peer does nothing but report: it neither polls nor looks at etcd, on which the agent has connections of their own.',
  ],
  reach: 1.45,
  goal: 1.2,
  runs: 3,
  async prepare(surroundings) {
    const { folder, signal, say } = surroundings;
    const etcd = await ensureEtcd(surroundings);
    const agentFile = await buildAgent();
    const flags = await launcherOptions();
    say(`  the agent’s options: ${flags.join(' ')}`);
    const hosts = [1, 2].map((number) => ({ name: `board-${number}`, address: `127.0.${network}.${10 + number}` }));
    const fleet = await makeFleet({ folder, etcd, hosts, agentFile, signal });
    await fleet.startCoordinator();
    const ours = await joined(fleet, clusterOfOurs, fleet.machine('board-1'));
    const peer = await joined(fleet, clusterOfPeer, fleet.machine('board-2'));
    await appendFile(ours.configFile, 'reportSeconds: 1\n');
    const told = (who: string, { resident, anonymous }: Memory): void =>
      say(`  ${who}: ${figure(resident, 'MB')} resident, ${figure(anonymous, 'MB')} of it anonymous`);
    let runs = 0;

    /** Its reports so far, told by the times at which the coordinator took them. */
    async function reported(count: number): Promise<NodeStatus> {
      const times = new Set<string>();
      return until(
        `the agent has reported ${count} times`,
        async () => {
          const status = await fleet.status(clusterOfOurs);
          const [member] = status.members;
          if (member?.reportedAt != null) times.add(member.reportedAt);
          return times.size > count && status.state === 'healthy' ? member?.status : null;
        },
        { within: count * 3_000 + 60_000, every: 400, signal, lastSeen: () => `${times.size} reports seen` },
      );
    }

    async function memoryOfPeer(name: string, options: readonly string[], status: NodeStatus): Promise<Memory> {
      runs += 1;
      const file = join(folder, `${name}-${runs}.json`);
      const target = await targetAs(fleet, peer);
      const order = { target, requests: reports(status, runs) };
      await writeFile(file, JSON.stringify(order), { mode: 0o600 });
      const node = startInBackground(process.execPath, [...options, peerProgram, file], `${file}.log`);
      return measured(node, async () => {
        await until('the peer has sent all', () => node.log().includes('done') || (!node.running && fails(node)), {
          within: 30_000,
          signal,
        });
      });
    }

    async function measured(node: Background, atWork: () => Promise<unknown>): Promise<Memory> {
      try {
        await atWork();
        return await settledMemory(node.pid, signal);
      } finally {
        await node.stop();
      }
    }

    const startAgent = (): Background =>
      startInBackground(
        process.execPath,
        [...flags, agentFile, 'run', '--config', ours.configFile],
        join(folder, 'agent.log'),
        { NODE_COMPILE_CACHE: join(folder, 'compiled') },
      );
    // The founder's etcd is started once, and outlives the agents that are measured after it.
    const first = startAgent();
    const status = await reported(1);
    await first.stop();

    return {
      async ours() {
        const memory = await measured(startAgent(), () => reported(requests));
        told('agent', memory);
        return memory.resident;
      },
      async peer() {
        // One after the other: both report as the same node.
        told('peer with the agent’s options', await memoryOfPeer('with-options', flags, status));
        const memory = await memoryOfPeer('bare', [], status);
        told('peer', memory);
        return memory.resident;
      },
      close: () => fleet.stop(),
    };
  },
};

/** Declares a cluster of this one machine and joins it. */
async function joined(fleet: Fleet, cluster: string, machine: Machine): Promise<Machine> {
  const hostsFile = join(fleet.folder, `${cluster}.csv`);
  await writeFile(hostsFile, `ip,name\n${machine.address},${machine.name}\n`);
  const { client, peer, metrics } = fleet.ports;
  const options = ['--domain', 'edge.huatai.me', '--allow-loopback', '--ports', `${client},${peer},${metrics}`];
  const made = await fleet.picket('cluster', 'create', cluster, '--hosts', hostsFile, ...options);
  if (made.code !== 0) throw new Error(`the cluster could not be created:\n${made.stderr}`);
  const done = await machine.join(await fleet.joinString(cluster));
  if (done.code !== 0) throw new Error(`${machine.name} could not join:\n${done.stderr}`);
  return machine;
}

/** Whole reports of a node whose etcd has not been started; of the size of the agent's own. */
function reports(status: NodeStatus, run: number): string[] {
  const changed: NodeStatus = {
    ...status,
    agent: { ...status.agent, generationSeen: 1, generationApplied: 0 },
    service: { ...status.service, state: 'stopped', incarnation: null },
    etcd: null,
    lastStep: null,
  };
  return Array.from({ length: requests }, (_, number) => {
    const report: ReportRequest = { run, sequence: number + 1, basis: null, changed };
    return requestText('POST', '/v1/node/report', {}, report);
  });
}

function fails(node: Background): never {
  throw new Error(`it ended: ${node.log()}`);
}
