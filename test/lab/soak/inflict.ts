import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../../support/until.ts';
import type { Lab } from '../lab.ts';
import type { LabHost } from '../lab-host.ts';
import { cluster } from '../names.ts';
import { tornFiles } from '../torn-files.ts';
import { comes } from './moments.ts';
import type { PowerCut, Strike } from './strikes.ts';

const patienceMs = 180_000;

/** Lets the strike happen and ends it: afterwards all is on again, and what came of it is for others to look at. */
export async function inflict(strike: Strike, lab: Lab): Promise<void> {
  const host = (index: number) => lab.hosts[index] as LabHost;
  switch (strike.kind) {
    case 'power-cut':
      return await cutPower(strike, lab);
    case 'network-cut':
      await host(strike.host).cutNetwork();
      await sleep(strike.ms);
      return await host(strike.host).healNetwork();
    case 'agent-killed':
      return await killed(host(strike.host), 'picket-agent.cjs run');
    case 'etcd-killed':
      return await killed(host(strike.host), 'etcd --config-file');
    case 'coordinator-killed':
      await lab.coordinator.stop('SIGKILL');
      await sleep(strike.ms);
      return await lab.coordinator.start();
    case 'conf-changed': {
      const { code, stderr } = await lab.picket('cluster', 'set', cluster, `heartbeatIntervalMs=${strike.heartbeatMs}`);
      if (code !== 0) throw new Error(`picket cluster set: ${stderr}`);
      return;
    }
  }
}

async function cutPower({ hosts, moment, dark }: PowerCut, lab: Lab): Promise<void> {
  const struck = hosts.map((index) => lab.hosts[index] as LabHost);
  if (dark) await lab.coordinator.stop('SIGKILL');
  await comes(moment, struck[0] as LabHost);
  await Promise.all(struck.map((host) => host.powerCut()));
  for (const host of struck) {
    const torn = await tornFiles(host.written);
    if (torn.length > 0) throw new Error(`R9: torn on ${host.name}: ${torn.join('; ')}`);
  }
  await Promise.all(struck.map((host) => host.boot()));
  if (!dark) return;
  await serving(lab);
  await lab.coordinator.start();
}

/** SIGKILL; resolves once its supervisor has started another. */
async function killed(host: LabHost, command: string): Promise<void> {
  const pid = async () => {
    const all = await host.processes();
    // Not the supervisor, whose command line holds the same words.
    return all.find((one) => one.command.includes(command) && !one.command.includes('supervise-daemon'))?.pid;
  };
  const former = await until(`${command} runs on ${host.name}`, pid, { within: patienceMs, every: 200 });
  await host.must(`kill -9 ${former}`);
  const another = async () => ![undefined, former].includes(await pid());
  await until(`another ${command} runs on ${host.name}`, another, { within: patienceMs, every: 200 });
}

/** Resolves once each member has served a linearizable read, with or without a coordinator. */
export async function serving(lab: Lab, within = patienceMs): Promise<void> {
  for (const host of lab.hosts) {
    let last = '';
    const reads = async () => {
      const own = 'ETCDCTL_ENDPOINTS=https://127.0.0.1:2379 etcdctl get any';
      const { code, stdout, stderr } = await host.run(`. /etc/profile.d/etcdctl.sh; ${own}`);
      last = stdout + stderr;
      return code === 0;
    };
    await until(`${host.name} serves`, reads, { within, every: 500, lastSeen: () => last });
  }
}
