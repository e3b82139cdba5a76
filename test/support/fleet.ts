import { readFileSync } from 'node:fs';
import { mkdir, readlink, writeFile } from 'node:fs/promises';
import { get } from 'node:https';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { type Api, apiOf } from '@picket/cli/api.ts';
import { type CoordinatorClient, connectCoordinator } from '@picket/cli/coordinator-client.ts';
import { readContext } from '@picket/shared/context/context.ts';
import type { ClusterStatusView } from '@picket/shared/protocol/clusters.ts';
import { type Background, type Finished, runToEnd, startInBackground } from './children.ts';
import { commandLines } from './command-lines.ts';
import type { EtcdBinaries } from './etcd-binaries.ts';
import { freePort, freePorts, type MemberPorts } from './ports.ts';
import { type Programs, programs as programsOfRun } from './programs.ts';
import { until } from './until.ts';

const coordinatorOfAnotherDay = join(import.meta.dirname, 'coordinator-of-another-day.ts');

export interface FleetOptions {
  /** All files of the fleet are below it; it must exist. */
  readonly folder: string;
  readonly etcd: EtcdBinaries;
  readonly hosts: readonly { readonly name: string; readonly address: string }[];
  /** So many of them are members at first; all unless given. */
  readonly declared?: number;
  /** Machines that are no members; they have no etcd. */
  readonly clients?: FleetOptions['hosts'];
  readonly ports?: MemberPorts;
  /** 1000 unless given: everything is on one fast disk here, SD card timing would only make elections slow. */
  readonly electionMs?: number;
  /** The agent to run; that of `programs` unless given. */
  readonly agentFile?: string;
  /** The coordinator, the agents and `picket`; those that this run of the tests is about unless given. */
  readonly programs?: Programs;
  /** The Node.js that runs them; this one unless given. */
  readonly node?: string;
  /** Heeded from the coordinator's next start on. */
  readonly coordinatorDays?: Readonly<CoordinatorDays>;
  /** Of the coordinator's Node.js; none unless given. */
  readonly nodeFlags?: readonly string[];
  /** How often agents report without news; 2 unless given. */
  readonly reportSeconds?: number;
  /** Further lines of coordinator.yml. */
  readonly settings?: readonly string[];
  readonly signal?: AbortSignal;
}

export interface CoordinatorDays {
  /** So many days its clock is ahead; it may only go on (R14). */
  ahead: number;
  /** How long it issues identities for, if not as long as the product does. */
  identitySeconds?: number;
}

/** A coordinator and machines on loopback addresses, each with the real programs in processes of their own. */
export interface Fleet {
  readonly folder: string;
  readonly url: string;
  readonly contextFile: string;
  readonly machines: readonly Machine[];
  readonly ports: MemberPorts;
  machine(name: string): Machine;
  coordinator(): Background | null;
  /** Starts the coordinator and resolves once it answers; with a failpoint, once it runs. */
  startCoordinator(failpoint?: string): Promise<void>;
  stopCoordinator(signal?: NodeJS.Signals): Promise<void>;
  /** `picket ARGS…` as an operator on this machine would. */
  picket(...args: string[]): Promise<Finished>;
  createCluster(name: string, domain: string, serviceName: string): Promise<void>;
  joinString(cluster: string, ...args: string[]): Promise<string>;
  /** Asks the coordinator as `picket` does, without a process of its own: for what a test asks again and again. */
  ask<Answer>(question: (api: Api) => Promise<Answer>): Promise<Answer>;
  /** What `picket status` tells of. */
  status(cluster: string): Promise<ClusterStatusView>;
  /** etcdctl with this machine's client certificate. */
  etcdctl(machine: Machine, ...args: string[]): Promise<Finished>;
  /** Stops everything that was started here, etcd too, and leaves the folder. */
  stop(): Promise<void>;
}

export interface Machine {
  readonly name: string;
  readonly address: string;
  readonly configFile: string;
  readonly stateDir: string;
  readonly etcDir: string;
  readonly clientUrl: string;
  readonly metricsUrl: string;
  /** What `picket-agent` gets besides this process's own environment. */
  readonly env: Record<string, string>;
  agent(): Background | null;
  join(
    joinString: string,
    options?: { readonly failpoint?: string; readonly args?: readonly string[] },
  ): Promise<Finished>;
  startAgent(failpoint?: string): void;
  stopAgent(signal?: NodeJS.Signals): Promise<void>;
  /** `picket-agent ARGS…` */
  run(...args: string[]): Promise<Finished>;
}

/** Makes the folders and files of a fleet and starts nothing but `picket-coordinator init`. */
export async function makeFleet(options: FleetOptions): Promise<Fleet> {
  const { folder, etcd, hosts, clients = [] } = options;
  const port = await freePort('127.0.0.1');
  const ports = options.ports ?? (await freePorts(hosts.map(({ address }) => address)));
  const url = `https://127.0.0.1:${port}`;
  const contextFile = join(folder, 'context.yml');
  const configFile = join(folder, 'coordinator.yml');
  const { node = process.execPath, programs = programsOfRun } = options;
  let coordinator: Background | null = null;
  // A test asks some hundred times, and the handshake would be most of each answer's cost, on both sides.
  let asked: CoordinatorClient | undefined;
  const { coordinatorDays, nodeFlags = [] } = options;
  const coordinatorFile = coordinatorDays === undefined ? programs.coordinator : coordinatorOfAnotherDay;
  const day = () =>
    coordinatorDays === undefined ? {} : { PICKET_TEST_COORDINATOR_DAYS: JSON.stringify(coordinatorDays) };

  await writeFile(
    configFile,
    [
      'hosts: [127.0.0.1, localhost]',
      `dataDir: ${join(folder, 'coordinator')}`,
      `passphraseFile: ${join(folder, 'ca-passphrase')}`,
      'listenAddress: 127.0.0.1',
      `port: ${port}`,
      `reportSeconds: ${options.reportSeconds ?? 2}`,
      `etcdutlBinary: ${etcd.etcdutl}`,
      ...(options.settings ?? []),
      '',
    ].join('\n'),
  );
  const init = await runToEnd(node, [coordinatorFile, 'init', '--config', configFile, '--context', contextFile], {
    env: day(),
  });
  if (init.code !== 0) throw new Error(`picket-coordinator init failed:\n${init.stdout}${init.stderr}`);

  const agentFile = options.agentFile ?? programs.agent;
  const shared = { folder, ports, url, agentFile, node };
  const machines = await Promise.all([
    ...hosts.map((host) => makeMachine({ ...shared, host, etcdBinary: etcd.etcd })),
    ...clients.map((host) => makeMachine({ ...shared, host, etcdBinary: join(folder, 'no-etcd') })),
  ]);
  const fleet: Fleet = {
    folder,
    url,
    contextFile,
    machines,
    ports,
    machine(name) {
      const machine = machines.find((one) => one.name === name);
      if (machine === undefined) throw new Error(`no machine ${name}`);
      return machine;
    },
    coordinator: () => coordinator,
    async startCoordinator(failpoint) {
      const started = startInBackground(
        node,
        [...nodeFlags, coordinatorFile, 'serve', '--config', configFile],
        join(folder, 'coordinator.log'),
        { ...day(), ...(failpoint === undefined ? {} : { PICKET_FAILPOINT: failpoint }) },
      );
      coordinator = started;
      await until('the coordinator answers', async () => !started.running || (await answers(`${url}/healthz`)), {
        within: 20_000,
        ...(options.signal ? { signal: options.signal } : {}),
      });
      if (!started.running) throw new Error(`it ended:\n${started.log().slice(-2000)}`);
    },
    async stopCoordinator(signal) {
      await asked?.close();
      asked = undefined;
      await coordinator?.stop(signal);
    },
    picket: (...args) => runToEnd(node, [programs.cli, '--context', contextFile, ...args]),
    async createCluster(name, domain, serviceName) {
      const declared = hosts.slice(0, options.declared ?? hosts.length);
      const hostsFile = join(folder, 'hosts.csv');
      await writeFile(
        hostsFile,
        ['主机IP,主机名', ...declared.map((host) => `${host.address},${host.name}`), ''].join('\n'),
      );
      const made = await fleet.picket(
        'cluster',
        'create',
        name,
        '--hosts',
        hostsFile,
        '--domain',
        domain,
        '--service-name',
        serviceName,
        '--allow-loopback',
        '--ports',
        `${ports.client},${ports.peer},${ports.metrics}`,
        '--heartbeat-ms',
        '100',
        '--election-ms',
        String(options.electionMs ?? 1000),
      );
      if (made.code !== 0) throw new Error(`picket cluster create failed:\n${made.stderr}`);
    },
    async joinString(cluster, ...args) {
      const made = await fleet.picket('token', 'create', cluster, '--quiet', ...args);
      if (made.code !== 0) throw new Error(`picket token create failed:\n${made.stderr}`);
      return made.stdout.trim();
    },
    async ask(question) {
      asked ??= connectCoordinator(
        readContext(readFileSync(contextFile, 'utf8'), contextFile),
        new AbortController().signal,
      );
      return question(apiOf(asked));
    },
    status: (cluster) => fleet.ask((api) => api.status({ name: cluster })),
    etcdctl: (machine, ...args) =>
      runToEnd(etcd.etcdctl, args, {
        env: {
          // etcdctl refuses a setting that is given twice.
          ...(args.includes('--endpoints') ? {} : { ETCDCTL_ENDPOINTS: machine.clientUrl }),
          ETCDCTL_CACERT: join(machine.etcDir, 'ca.pem'),
          ETCDCTL_CERT: join(machine.etcDir, 'client.pem'),
          ETCDCTL_KEY: join(machine.etcDir, 'client-key.pem'),
        },
      }),
    async stop() {
      await asked?.close();
      await Promise.all(machines.map((machine) => machine.stopAgent()));
      await coordinator?.stop();
      await killAllBelow(folder);
    },
  };
  return fleet;
}

async function makeMachine({
  folder,
  host,
  ports,
  url,
  etcdBinary,
  agentFile,
  node,
}: {
  readonly folder: string;
  readonly host: FleetOptions['hosts'][number];
  readonly ports: MemberPorts;
  readonly url: string;
  readonly etcdBinary: string;
  readonly agentFile: string;
  readonly node: string;
}): Promise<Machine> {
  const { name, address } = host;
  const home = join(folder, name);
  const etcDir = join(home, 'etc/etcd');
  const stateDir = join(home, 'var/lib/picket');
  await mkdir(etcDir, { recursive: true });
  await mkdir(join(home, 'var/lib'), { recursive: true });
  await mkdir(join(home, 'var/log'), { recursive: true });
  const configFile = join(home, 'agent.yml');
  await writeFile(
    configFile,
    [
      `coordinator: ${url}`,
      `name: ${name}`,
      `stateDir: ${stateDir}`,
      `etcDir: ${etcDir}`,
      `logFile: ${join(home, 'var/log/etcd.log')}`,
      `etcdBinary: ${etcdBinary}`,
      'init: process',
      // Root's agent would run etcd as the user `etcd`, whom a developer's machine need not have.
      ...(process.getuid?.() === 0 ? [`etcdUser: ${userInfo().username}`] : []),
      '',
    ].join('\n'),
  );
  let agent: Background | null = null;
  const env: Record<string, string> = {};
  return {
    name,
    address,
    configFile,
    stateDir,
    etcDir,
    clientUrl: `https://${address}:${ports.client}`,
    metricsUrl: `http://${address}:${ports.metrics}`,
    env,
    agent: () => agent,
    join: (joinString, { failpoint, args = [] } = {}) =>
      runToEnd(node, [agentFile, 'join', '--config', configFile, ...args], {
        env: { ...env, PICKET_JOIN: joinString, ...(failpoint === undefined ? {} : { PICKET_FAILPOINT: failpoint }) },
      }),
    startAgent(failpoint) {
      agent = startInBackground(node, [agentFile, 'run', '--config', configFile], join(home, 'agent.log'), {
        ...env,
        ...(failpoint === undefined ? {} : { PICKET_FAILPOINT: failpoint }),
      });
    },
    async stopAgent(signal) {
      await agent?.stop(signal);
    },
    run: (...args) => runToEnd(node, [agentFile, ...args, '--config', configFile], { env }),
  };
}

/** Processes that have a path below this folder among their arguments: whatever was started from it. */
export async function processesBelow(folder: string): Promise<readonly number[]> {
  const found: number[] = [];
  for (const [pid, command] of commandLines()) {
    if (pid === process.pid || !command.some((argument) => argument.includes(`${folder}/`))) continue;
    // A zombie has no executable any more.
    if (await readlink(`/proc/${pid}/exe`).catch(() => null)) found.push(pid);
  }
  return found;
}

/** Ends them: etcd outlives its agent by design, so the one who started the agents ends it by hand. */
export async function killAllBelow(folder: string): Promise<void> {
  await signalAllBelow(folder, 'SIGTERM');
  // A process that was stopped does not heed it.
  const force = setInterval(() => void signalAllBelow(folder, 'SIGKILL'), 5_000);
  let left: readonly number[] = [];
  const gone = async () => {
    left = await processesBelow(folder);
    return left.length === 0;
  };
  await until('all processes have ended', gone, {
    within: 60_000,
    every: 50,
    lastSeen: () => `left are ${left.join(', ')}`,
  }).finally(() => clearInterval(force));
}

async function signalAllBelow(folder: string, signal: NodeJS.Signals): Promise<void> {
  for (const pid of await processesBelow(folder)) {
    try {
      process.kill(pid, signal);
    } catch {
      // It ended in between.
    }
  }
}

/** Whether an HTTPS server answers there with 200, whichever server it is. */
function answers(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get(url, { rejectUnauthorized: false, agent: false, timeout: 2_000 }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    request.on('timeout', () => request.destroy());
    request.on('error', () => resolve(false));
  });
}
