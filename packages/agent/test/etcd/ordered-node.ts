import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { cpSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { memberConfig } from '@picket/shared/etcd-config/member-config.ts';
import { render } from '@picket/shared/etcd-config/render.ts';
import { minorOf } from '@picket/shared/etcd-version.ts';
import type { MemberState } from '@picket/shared/protocol/desired-state.ts';
import type { ProgramOrder } from '@picket/shared/protocol/releases.ts';
import type { Test } from 'tap';
import { freePort } from '../../../../test/support/ports.ts';
import { until } from '../../../../test/support/until.ts';
import { fetchDesiredState } from '../../src/coordinator/poll.ts';
import { askClusterVersion } from '../../src/etcd/cluster-version.ts';
import { etcdGateway } from '../../src/etcd/gateway.ts';
import { probeMember } from '../../src/etcd/probe.ts';
import { systemClock } from '../../src/host/clock.ts';
import { processInit } from '../../src/host/process/process-init.ts';
import { readEtcdVersion } from '../../src/host/programs.ts';
import { type Agent, openAgent } from '../../src/loop/agent.ts';
import { type Outcome, reconcileOnce } from '../../src/loop/reconcile-once.ts';
import { programFolder, programOf } from '../../src/model/program.ts';
import { etcdVersionReaders } from '../../src/observe/etcd-version.ts';
import { clientAuthority, peerAuthority, type TestMachine, testMachine } from '../machine.ts';
import { credentialPem, localhost } from '../pki.ts';
import { temporaryFolder } from '../support.ts';

const address = '127.0.0.1';
const incarnation = 'incarnation1';
const token = 'x-k3s-0123456789abcdef';

/** A program of etcd, by its path, and what it calls itself. */
export interface EtcdProgram {
  readonly path: string;
  readonly version: string;
}

/** A voter whose etcd a test starts itself. */
interface Voter {
  readonly clientUrl: string;
  /** Ends its etcd, and starts this one on the same data. */
  swap(program: EtcdProgram): Promise<void>;
  end(): Promise<void>;
}

/** An agent with a real etcd as one of several real voters. Its clock goes only when the test says so. */
interface OrderedNode {
  readonly machine: TestMachine;
  readonly agent: Agent;
  readonly voters: readonly Voter[];
  /** Offers a release, and with `from` the order to go there from that minor version, with a permit. */
  order(program: EtcdProgram, from?: string): Promise<Outcome>;
  /** Reconciles, a second of its clock each time, until this holds. */
  lives(what: string, holds: (outcome: Outcome) => boolean): Promise<Outcome>;
  /** The minor version that the guard of the service would start. */
  recorded(): string;
}

interface Place {
  readonly name: string;
  readonly client: number;
  readonly peer: number;
  readonly metrics: number;
}

async function placeOf(name: string): Promise<Place> {
  const [client, peer, metrics] = await Promise.all([freePort(address), freePort(address), freePort(address)]);
  return { name, client, peer, metrics };
}

const peerUrlOf = ({ peer }: Place) => `https://${address}:${peer}`;
const clientUrlOf = ({ client }: Place) => `https://${address}:${client}`;

/** @param count how many voters there are beside this node */
export async function orderedNode(t: Test, first: EtcdProgram, count = 2): Promise<OrderedNode> {
  const own = await placeOf('x-k3s-m-1');
  const places = await Promise.all(Array.from({ length: count }, (_one, index) => placeOf(`x-k3s-m-${index + 2}`)));
  const all = [own, ...places];
  const voters = await Promise.all(places.map((place) => voterAt(t, place, places, first)));
  const machine = await testMachine(t);
  const { files, ...host } = machine.deps.host;
  const init = processInit({ files, clock: systemClock(), runDir: machine.paths.stateDir });
  t.teardown(() => init.stop(10_000));
  const faked = machine.deps.askClusterVersion;
  const { installed } = etcdVersionReaders((binary) => readEtcdVersion(binary, null));
  const agent = await openAgent({
    ...machine.deps,
    host: { ...host, files, init },
    connectEtcd: (endpoint) => etcdGateway(endpoint),
    probe: probeMember,
    askClusterVersion(...asked) {
      const { askClusterVersion: told } = machine.deps;
      return told === faked ? askClusterVersion(...asked) : told(...asked);
    },
    installedEtcd: installed,
  });
  t.teardown(() => agent.localEtcd.close());
  let generation = 7;

  function wanted(program: EtcdProgram, from?: string): Partial<MemberState> {
    const minor = minorOf(program.version);
    const ports = { client: own.client, peer: own.peer, metrics: own.metrics };
    const conf = render(
      memberConfig({
        name: own.name,
        address,
        advertise: 'ip',
        ports,
        members: all.map((place) => ({ name: place.name, peerUrl: peerUrlOf(place) })),
        dataDir: `${machine.paths.dataRoot}/${incarnation}`,
        etcDir: machine.paths.etcDir,
        logFile: machine.paths.logFile,
        state: 'existing',
        token,
        etcdMinor: minor,
      }),
    );
    return {
      member: { name: own.name, address, ports },
      certificates: machine
        .desired()
        .certificates.map((one) => ({ ...one, sans: one.sans.length > 0 ? [...localhost] : [] })),
      endpoints: all.map(clientUrlOf),
      program: place(program),
      etcd: { incarnation, initialClusterState: 'existing', conf, minor, ...(from === undefined ? {} : { from }) },
    };
  }

  /** As the agent would have fetched it. */
  function place({ path, version }: EtcdProgram): ProgramOrder {
    const sha256 = createHash('sha256').update(readFileSync(path)).digest('hex');
    const order: ProgramOrder = { version, programs: [{ name: 'etcd', sha256, sizeBytes: 1 }] };
    const program = programOf(order);
    if (program === null || machine.fetched.has(sha256)) return order;
    const folder = programFolder(machine.paths.stateDir, program);
    mkdirSync(folder, { recursive: true });
    cpSync(path, join(folder, 'etcd'));
    machine.fetched.add(sha256);
    return order;
  }

  const node: OrderedNode = {
    machine,
    agent,
    voters,
    async order(program, from) {
      const permit = { id: `permit${generation}`, act: 'restart', validForSeconds: 600 } as const;
      machine.coordinator.offer(machine.desired({ generation, ...wanted(program, from), permit }));
      generation += 1;
      await fetchDesiredState(agent, 0);
      return reconcileOnce(agent);
    },
    async lives(what, holds) {
      let last: Outcome | null = null;
      const look = async () => {
        machine.clock.advance(1000);
        last = await reconcileOnce(agent);
        return holds(last) ? last : null;
      };
      const lastSeen = () =>
        JSON.stringify({ etcd: last?.status.etcd, service: last?.status.service, waits: last?.status.agent.waits });
      return until(what, look, { lastSeen });
    },
    recorded: () => readFileSync(join(machine.paths.dataRoot, `${incarnation}.version`), 'utf8').split('\n')[0] ?? '',
  };
  const voter = etcdGateway({
    clientUrl: clientUrlOf(places[0] ?? own),
    metricsUrl: `http://${address}:1`,
    trust: clientAuthority.certificate.pem,
    credential: await credentialPem(clientAuthority, { usage: 'client', commonName: 'client:test', sans: [] }),
  });
  t.teardown(() => voter.close());
  const id = await until('it is added', () => voter.addLearner(peerUrlOf(own)));
  await node.order(first);
  await node.lives('it runs', ({ status }) => status.etcd !== null);
  await until('it is promoted', () => voter.promote(id).then(() => true));
  await node.lives('it serves', ({ complete, status }) => complete && status.etcd?.isLearner === false);
  return node;
}

async function voterAt(t: Test, place: Place, all: readonly Place[], first: EtcdProgram): Promise<Voter> {
  const folder = temporaryFolder(t);
  const sides = [
    ['client', clientAuthority, 'server'],
    ['peer', peerAuthority, 'peer'],
  ] as const;
  const tls: Record<string, object> = {};
  for (const [side, ca, usage] of sides) {
    const [file, trusted] = [join(folder, `${side}.pem`), join(folder, `${side}-ca.pem`)];
    writeFileSync(file, await credentialPem(ca, { usage, commonName: place.name, sans: localhost }), { mode: 0o600 });
    writeFileSync(trusted, ca.certificate.pem);
    const options = { 'cert-file': file, 'key-file': file, 'trusted-ca-file': trusted, 'client-cert-auth': true };
    tls[`${side}-transport-security`] = options;
  }
  const conf = {
    name: place.name,
    'data-dir': join(folder, 'data'),
    'listen-client-urls': clientUrlOf(place),
    'advertise-client-urls': clientUrlOf(place),
    'listen-peer-urls': peerUrlOf(place),
    'initial-advertise-peer-urls': peerUrlOf(place),
    'initial-cluster': all.map((one) => `${one.name}=${peerUrlOf(one)}`).join(),
    'initial-cluster-state': 'new',
    'initial-cluster-token': token,
    ...tls,
  };
  const confFile = join(folder, 'conf.yml');
  // JSON is YAML too.
  writeFileSync(confFile, JSON.stringify(conf));
  const logFd = openSync(join(folder, 'etcd.log'), 'a');
  let running: ChildProcess | null = null;

  async function start({ path }: EtcdProgram): Promise<void> {
    running = spawn(path, [`--config-file=${confFile}`], { stdio: ['ignore', logFd, logFd] });
    await once(running, 'spawn');
  }
  async function end(): Promise<void> {
    const ending = running;
    running = null;
    if (ending === null || ending.exitCode !== null || ending.signalCode !== null) return;
    ending.kill('SIGTERM');
    await once(ending, 'exit');
  }
  t.teardown(end);
  await start(first);
  return {
    clientUrl: clientUrlOf(place),
    async swap(program) {
      await end();
      await start(program);
    },
    end,
  };
}
