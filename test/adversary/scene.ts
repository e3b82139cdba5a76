import { readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectCoordinator } from '@picket/cli/coordinator-client.ts';
import { logInWith } from '@picket/cli/login.ts';
import { readContext } from '@picket/shared/context/context.ts';
import type { Role } from '@picket/shared/protocol/roles.ts';
import type { Test } from 'tap';
import type { Fleet, Machine } from '../support/fleet.ts';
import { cluster, fleetOf } from '../support/fleet-of-test.ts';
import { packagedFlags } from '../support/packaged-flags.ts';
import { type Programs, programs } from '../support/programs.ts';
import { until } from '../support/until.ts';

/** Where an attack goes, in PEM. */
export interface Victim {
  readonly port: number;
  /** The control CA. */
  readonly authority: string;
}

/** A node that joined and then turned on its coordinator: certificate and key in one PEM. */
export interface Traitor {
  readonly credential: string;
  readonly key: string;
}

/** A coordinator as its packages run it, with a real agent and etcd beside the attacker, all on loopback. */
export interface Scene {
  readonly fleet: Fleet;
  readonly victim: Victim;
  readonly traitor: Traitor;
  /** All of them. */
  readonly traitors: readonly Traitor[];
  /** What the honest agent shows. */
  readonly agent: Traitor;
  /**
   * Runs the attack. Meanwhile an operator asks for the status again and again, and the agent reports. Resolves with
   * what they did not get, and with what the coordinator took.
   */
  during(attack: () => Promise<unknown>): Promise<Aftermath>;
  /** How many connections the coordinator has, those of the agent and the operator included. */
  connections(): Promise<number>;
}

export interface Aftermath {
  /** How often the operator was not answered, and why. */
  readonly operatorRefused: readonly string[];
  /** What the agent logged of a coordinator that did not answer. */
  readonly agentRefused: readonly string[];
  /** The largest memory that the coordinator's process has ever had, in MiB. */
  readonly peakMib: number;
}

/** The memory that the packages let the coordinator's process have. */
export const packagedMib = 384;
/** Two of the agent, and the operator's, with one more of each that may have been closed a moment ago. */
export const knownConnections = 6;

/** What the agent, the operator and the memory suffered: nothing where the coordinator holds. */
export function harmTo({ operatorRefused, agentRefused, peakMib }: Aftermath): readonly string[] {
  return [
    ...operatorRefused.slice(0, 1).map((why) => `the operator was refused: ${why}`),
    ...agentRefused.slice(0, 1).map((line) => `the agent was refused: ${line}`),
    ...(peakMib <= packagedMib ? [] : [`the coordinator took ${Math.round(peakMib)} MiB`]),
  ];
}

export interface SceneOptions {
  /** In place of the defaults of coordinator.yml. */
  readonly limits?: Readonly<Record<string, number>>;
  /** Further lines of coordinator.yml. */
  readonly settings?: readonly string[];
  /** Another coordinator than the one that was built. */
  readonly coordinator?: string;
  /** Which kind of node turns traitor; a client unless given. */
  readonly traitor?: 'client' | 'member';
  /** How many clients turn traitor; 1 unless given. */
  readonly traitors?: number;
}

/** The same fleet in a test, which ends it. */
export async function sceneOf(
  t: Test,
  { limits = {}, settings = [], coordinator, traitor = 'client', traitors = 1 }: SceneOptions,
): Promise<Scene> {
  const lines = Object.entries(limits).map(([name, value]) => `  ${name}: ${value}`);
  const used: Programs = coordinator === undefined ? programs : { ...programs, coordinator };
  const fleet = await fleetOf(t, {
    ...(traitor === 'client' ? { members: 1, clients: traitors } : { members: 2 }),
    programs: used,
    nodeFlags: await packagedFlags(),
    settings: [...(lines.length === 0 ? [] : ['limits:', ...lines]), ...settings],
  });
  return sceneIn(fleet, { traitor, traitors });
}

/** One member serves, and other nodes have joined whose agents do not run: these are the traitors. */
export async function sceneIn(
  fleet: Fleet,
  { traitor = 'client', traitors = 1 }: Pick<SceneOptions, 'traitor' | 'traitors'>,
): Promise<Scene> {
  const member = fleet.machine('x-k3s-m-1');
  await joined(member.join(await fleet.joinString(cluster)));
  member.startAgent();
  const machines = traitor === 'client' ? await joinedClients(fleet, traitors) : [await joinedMember(fleet)];
  await until('the member serves', () => serves(fleet), { within: 90_000, every: 250 });
  const all = await Promise.all(machines.map(identityOf));
  const [first = await identityOf(member)] = all;
  const authority = await readFile(join(member.stateDir, 'control-ca.pem'), 'utf8');
  const victim = { port: Number(new URL(fleet.url).port), authority };

  return {
    fleet,
    victim,
    traitor: first,
    traitors: all,
    agent: await identityOf(member),
    async connections() {
      // The sockets that listen are served in no order: a newcomer would come before a part of a flood.
      await until('all are accepted', () => areAccepted(victim.port), { within: 60_000, every: 20 });
      return openSockets(fleet.coordinator()?.pid ?? 0);
    },
    async during(attack) {
      const logged = (await agentLog(fleet)).length;
      const operator = watchOperator(fleet);
      try {
        await attack();
        await agentReports(fleet);
      } finally {
        await operator.stop();
      }
      const refused = (await agentLog(fleet))
        .slice(logged)
        .filter((line) => /no report to|no desired state/.test(line));
      return { operatorRefused: operator.refused, agentRefused: refused, peakMib: await peakMib(fleet) };
    },
  };
}

async function joinedClients(fleet: Fleet, count: number): Promise<readonly Machine[]> {
  const token = await fleet.joinString(cluster, '--client', '--uses', String(count));
  const clients: Machine[] = [];
  for (let number = 1; number <= count; number += 1) {
    const client = fleet.machine(`x-k3s-c-${number}`);
    await joined(client.join(token, { args: ['--client'] }));
    clients.push(client);
  }
  return clients;
}

async function identityOf({ stateDir }: Machine): Promise<Traitor> {
  const credential = await readFile(join(stateDir, 'identity.pem'), 'utf8');
  return { credential, key: credential };
}

/** An operator of this role, who turns traitor. */
export async function operatorOf(fleet: Fleet, name: string, role: Role): Promise<Traitor> {
  const { loginString, url } = await fleet.ask((api) => api.createOperator({ body: { name, role } }));
  const loggedIn = await logInWith({ url, loginString }, (endpoint) =>
    connectCoordinator(endpoint, new AbortController().signal),
  );
  const { credential } = readContext(loggedIn.context, name);
  return { credential, key: credential };
}

async function joinedMember(fleet: Fleet): Promise<Machine> {
  const member = fleet.machine('x-k3s-m-2');
  await joined(member.join(await fleet.joinString(cluster)));
  return member;
}

/** The first member, whatever becomes of the other node. */
async function serves(fleet: Fleet): Promise<boolean> {
  const [member] = (await fleet.status(cluster)).members;
  return member?.phase === 'voter' && member.status?.etcd?.healthy === true;
}

async function joined(joining: Promise<{ readonly code: number; readonly stderr: string }>): Promise<void> {
  const { code, stderr } = await joining;
  if (code !== 0) throw new Error(`a machine could not join:\n${stderr}`);
}

/** Asks for the status of the cluster without a pause. */
function watchOperator(fleet: Fleet): { readonly refused: string[]; stop(): Promise<void> } {
  const refused: string[] = [];
  let stopped = false;
  const watching = (async () => {
    while (!stopped) {
      await fleet.status(cluster).catch((error: unknown) => refused.push((error as Error).message));
      await sleep(100);
    }
  })();
  return {
    refused,
    async stop() {
      stopped = true;
      await watching;
    },
  };
}

/** Resolves once a report of the agent has come that was sent after this was called. */
async function agentReports(fleet: Fleet): Promise<void> {
  const asked = Date.parse((await fleet.status(cluster)).now);
  await until(
    'the agent reports',
    async () => {
      const [member] = (await fleet.status(cluster)).members;
      return Date.parse(member?.reportedAt ?? '') > asked;
    },
    { within: 60_000, every: 250 },
  );
}

async function agentLog(fleet: Fleet): Promise<string[]> {
  return (await readFile(join(fleet.folder, 'x-k3s-m-1', 'agent.log'), 'utf8')).split('\n');
}

/** Whether no connection to this port waits in the kernel: of a socket that listens, the second queue has those. */
async function areAccepted(port: number): Promise<boolean> {
  const waiting = new RegExp(
    `^ *\\d+: \\w+:${port.toString(16).toUpperCase().padStart(4, '0')} \\S+ 0A \\w+:(?!0+ )`,
    'm',
  );
  return !waiting.test(await readFile('/proc/net/tcp', 'utf8'));
}

/** Of a line in the kernel's table of TCP sockets: its inode, if its state is LISTEN. */
const listeningSocket = /^ *\d+: \S+ \S+ 0A (?:\S+ +){5}(\d+)/gm;

async function peakMib(fleet: Fleet): Promise<number> {
  const status = await readFile(`/proc/${fleet.coordinator()?.pid ?? 0}/status`, 'utf8').catch(() => '');
  const kib = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1];
  // It has ended.
  return kib === undefined ? Number.POSITIVE_INFINITY : Number(kib) / 1024;
}

/** But for those that it listens on, and that of its backups. */
async function openSockets(pid: number): Promise<number> {
  const folder = `/proc/${pid}/fd`;
  const links = await Promise.all(
    (await readdir(folder)).map((name) => readlink(join(folder, name)).catch(() => 'closed meanwhile')),
  );
  const tables = await Promise.all(['tcp', 'tcp6'].map((name) => readFile(`/proc/${pid}/net/${name}`, 'utf8')));
  const listening = tables.flatMap((table) =>
    [...table.matchAll(listeningSocket)].map(([, inode]) => `socket:[${inode}]`),
  );
  return links.filter((link) => link.startsWith('socket:') && !listening.includes(link)).length - 1;
}
