import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EventKind } from '@picket/shared/events/event.ts';
import type { Test } from 'tap';
import type { Finished } from './children.ts';
import { ensureEtcd } from './etcd-binaries.ts';
import { type Fleet, type FleetOptions, makeFleet } from './fleet.ts';
import { freeNetwork } from './ports.ts';
import { until } from './until.ts';

export const cluster = 'x-k3s';
export const domain = 'edge.huatai.me';
export const serviceName = 'etcd.edge.huatai.me';

export interface FleetOfTest
  extends Pick<
    FleetOptions,
    'declared' | 'programs' | 'node' | 'coordinatorDays' | 'settings' | 'nodeFlags' | 'reportSeconds'
  > {
  /** 3 unless given; on loopback addresses that no other test of this machine has. */
  readonly members?: number;
  /** Machines beside them that are no members: `x-k3s-c-1` and on. */
  readonly clients?: number;
  /** Long where another leader would spoil the test: a busy machine alone may bring one about. */
  readonly electionMs?: number;
}

/**
 * A fleet for one test: its processes and files go with the test, and what its programs said is shown if it fails.
 * The coordinator runs and the cluster is created; nobody has joined.
 */
export async function fleetOf(
  t: Test,
  { members = 3, clients = 0, electionMs = 1000, ...more }: FleetOfTest = {},
): Promise<Fleet> {
  const etcd = await ensureEtcd();
  const folder = await mkdtemp(join(tmpdir(), 'picket-e2e-'));
  const network = await freeNetwork();
  const machines = (count: number, kind: string, first: number) =>
    Array.from({ length: count }, (_, index) => ({
      name: `x-k3s-${kind}-${index + 1}`,
      address: `${network}.${first + index}`,
    }));
  const fleet = await makeFleet({
    folder,
    etcd,
    hosts: machines(members, 'm', 11),
    clients: machines(clients, 'c', 101),
    electionMs,
    ...more,
  });
  t.teardown(async () => {
    await fleet.stop();
    if (!t.passing()) await showLogs(t, fleet);
    await rm(folder, { recursive: true, force: true });
  });
  await fleet.startCoordinator();
  await fleet.createCluster(cluster, domain, serviceName);
  return fleet;
}

/** Joins these machines, in this order, and starts their agents. */
export async function joinAll(fleet: Fleet, names = fleet.machines.map(({ name }) => name)): Promise<void> {
  const token = await fleet.joinString(cluster, '--uses', String(names.length));
  for (const name of names) {
    const machine = fleet.machine(name);
    const joined = await machine.join(token);
    if (joined.code !== 0) throw new Error(`${name} could not join:\n${joined.stderr}`);
    machine.startAgent();
  }
}

/** The events of the cluster, the latest first. */
export async function eventsOf(fleet: Fleet, { kinds }: { readonly kinds?: readonly EventKind[] } = {}) {
  return (await fleet.ask((api) => api.list('events', { cluster, kind: kinds?.join(','), limit: 500 }))).items;
}

/** Applies a declaration with this many of the machines as members, without a question. */
export function applyMembers(fleet: Fleet, count: number): Promise<Finished> {
  return applyMemberNames(
    fleet,
    fleet.machines.slice(0, count).map(({ name }) => name),
  );
}

/** The same for machines by name. */
export async function applyMemberNames(fleet: Fleet, names: readonly string[]): Promise<Finished> {
  const declaration = JSON.parse((await fleet.picket('cluster', 'show', cluster, '-o', 'json')).stdout);
  const { revision: _any, ...spec } = declaration.spec;
  const members = names.map((name) => ({ name, address: fleet.machine(name).address }));
  const file = join(fleet.folder, `members-${names.join('-')}.yml`);
  await writeFile(file, JSON.stringify({ ...spec, members }));
  return fleet.picket('cluster', 'apply', '--file', file, '--yes');
}

/** Resolves once `picket status` calls the cluster healthy by what every node has reported since this was called. */
export async function healthy(fleet: Fleet, within = 90_000): Promise<void> {
  // By the clock that dates the reports.
  const asked = Date.parse((await fleet.status(cluster)).now);
  let last = '';
  await until(
    'the cluster is healthy',
    async () => {
      const status = await fleet.status(cluster);
      last = JSON.stringify({ state: status.state, waitsFor: status.waitsFor });
      const fresh = status.members.every(({ reportedAt }) => Date.parse(reportedAt ?? '') >= asked);
      return status.state === 'healthy' && fresh;
    },
    { within, every: 500, lastSeen: () => last },
  );
}

async function showLogs(t: Test, fleet: Fleet): Promise<void> {
  const files = [
    join(fleet.folder, 'coordinator.log'),
    ...fleet.machines.flatMap(({ name }) => [
      join(fleet.folder, name, 'agent.log'),
      join(fleet.folder, name, 'var/log/etcd.log'),
      join(fleet.folder, name, 'var/log/etcd-console.log'),
    ]),
  ];
  for (const file of files) {
    const text = await readFile(file, 'utf8').catch(() => '(none)');
    t.comment(`the end of ${file}:\n${text.split('\n').slice(-15).join('\n')}`);
  }
}
