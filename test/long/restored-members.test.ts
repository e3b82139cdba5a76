import { readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { ClusterStatusView } from '@picket/shared/protocol/clusters.ts';
import t from 'tap';
import { runToEnd } from '../support/children.ts';
import { etcdPids } from '../support/etcd-processes.ts';
import type { Fleet, Machine } from '../support/fleet.ts';
import { applyMembers, cluster, fleetOf, healthy, joinAll } from '../support/fleet-of-test.ts';
import { startTraffic } from '../support/fleet-traffic.ts';
import { programs } from '../support/programs.ts';
import { until } from '../support/until.ts';

t.test('R3, R5: a restored coordinator finds members that were added or removed since its backup', async (t) => {
  const fleet = await fleetOf(t, { members: 5, declared: 3 });
  const names = fleet.machines.map(({ name }) => name);
  const [first, second] = fleet.machines;
  if (first === undefined || second === undefined) throw new Error('The fleet has no machines.');
  const pids = () => Promise.all(fleet.machines.map(etcdPids));
  const listed = async () => (await fleet.etcdctl(first, 'member', 'list')).stdout.trim().split('\n').length;
  await joinAll(fleet, names.slice(0, 3));
  await healthy(fleet);
  const traffic = startTraffic(t, fleet);

  const small = join(fleet.folder, 'three.tar.gz');
  await backUp(fleet, small);
  await applyMembers(fleet, 5);
  await joinAll(fleet, names.slice(3));
  await healthy(fleet);
  const grown = await pids();

  await t.test('with a backup from before a growth, it waits until they are declared again', async (t) => {
    await restore(fleet, small, 'grown');
    await readopt(fleet, names.slice(0, 3));
    const undeclared = await shown(fleet, 'it names a member that the backup does not declare', ({ waitsFor }) =>
      waitsFor.find(({ code }) => code === 'undeclared_member'),
    );
    t.match(undeclared.facts, { isRestored: true });
    t.equal(await listed(), 5, 'none of them is removed');

    const members = fleet.machines.slice(3).flatMap(({ name, address }) => [name, '--address', address]);
    const added = await fleet.picket('member', 'add', cluster, ...members, '--yes');
    t.equal(added.code, 0, added.stderr);
    for (const name of names.slice(3)) {
      const token = await fleet.joinString(cluster, '--member', name);
      const joined = await fleet.machine(name).join(token, { args: ['--again'] });
      t.equal(joined.code, 0, joined.stderr);
    }
    await healthy(fleet);
    t.same(await pids(), grown, 'no etcd was touched');
  });

  const large = join(fleet.folder, 'five.tar.gz');
  await backUp(fleet, large);
  // Without power, it does not learn that it is removed.
  const fifth = fleet.machine('x-k3s-m-5');
  await fifth.stopAgent('SIGKILL');
  for (const pid of await etcdPids(fifth)) process.kill(pid, 'SIGKILL');
  const removed = await fleet.picket('member', 'remove', cluster, ...names.slice(3), '--yes');
  t.equal(removed.code, 0, removed.stderr);
  await until('etcd has three members', async () => (await listed()) === 3, { within: 180_000, every: 1000 });
  const isFree = async () => (await fleet.machine('x-k3s-m-4').run('status')).stdout.includes('FREE');
  await until('the machine of the fourth is free', isFree, { within: 180_000, every: 1000 });

  await t.test('with a backup from before a shrinking, the removed members stay out', async (t) => {
    await restore(fleet, large, 'shrunk');
    fifth.startAgent();
    await readopt(fleet, [...names.slice(0, 3), fifth.name]);
    await shown(fleet, 'the cluster is taken over', ({ state }) => state !== 'frozen');
    const again = await fleet.picket('member', 'remove', cluster, ...names.slice(3), '--yes');
    t.equal(again.code, 0, again.stderr);
    await healthy(fleet);
    await until('etcd has three members again', async () => (await listed()) === 3, { within: 180_000, every: 1000 });
    t.same((await pids()).slice(0, 3), grown.slice(0, 3), 'no etcd was touched');
    for (const name of names.slice(3))
      await until(`${name} runs no etcd`, async () => (await etcdPids(fleet.machine(name))).length === 0, {
        within: 180_000,
        every: 1000,
      });
  });
  await traffic.check(t);
});

/** Two voters may be silent, and then a permit of the lost coordinator must have ended first. */
async function shown<Found>(
  fleet: Fleet,
  what: string,
  find: (status: ClusterStatusView) => Found | undefined | false,
): Promise<Found> {
  let waits = '';
  const seen = async () => {
    const status = await fleet.status(cluster);
    waits = JSON.stringify(status.waitsFor);
    return find(status);
  };
  return until(what, seen, { within: 150_000, every: 500, lastSeen: () => waits });
}

async function backUp(fleet: Fleet, archive: string): Promise<void> {
  const made = await coordinator(fleet, 'backup', archive);
  if (made.code !== 0) throw new Error(made.stderr);
}

/** Instead of the coordinator that runs, one from this backup; the folder of the former one gets this name. */
async function restore(fleet: Fleet, archive: string, former: string): Promise<void> {
  await fleet.stopCoordinator('SIGKILL');
  await rename(join(fleet.folder, 'coordinator'), join(fleet.folder, former));
  const restored = await coordinator(fleet, 'restore', archive);
  if (restored.code !== 0) throw new Error(restored.stderr);
  await fleet.startCoordinator();
}

async function readopt(fleet: Fleet, names: readonly string[]): Promise<void> {
  for (const name of names) {
    const nodeId = await nodeIdOf(fleet.machine(name));
    await until(
      `the node of ${name} is re-adopted`,
      async () => (await fleet.picket('node', 'readopt', nodeId, '--yes')).code === 0,
      { within: 90_000, every: 1000 },
    );
  }
}

async function nodeIdOf({ stateDir }: Machine): Promise<string> {
  return JSON.parse(await readFile(join(stateDir, 'node.json'), 'utf8')).nodeId;
}

function coordinator({ folder }: Fleet, ...args: string[]) {
  return runToEnd(process.execPath, [programs.coordinator, ...args, '--config', join(folder, 'coordinator.yml')]);
}
