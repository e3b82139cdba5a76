import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { grantsPicketUser } from '@picket/shared/etcd-users/picket-user.ts';
import t, { type Test } from 'tap';
import { snapshotOfEtcd } from '../../packages/coordinator/test/support/snapshot-of-etcd.ts';
import { ensureEtcd } from '../support/etcd-binaries.ts';
import type { Machine } from '../support/fleet.ts';
import { cluster, fleetOf, healthy, joinAll } from '../support/fleet-of-test.ts';

const asRoot = ['--user', 'root:secret'];
const made = [
  ['put', '/app/key', 'value'],
  ['user', 'add', 'root:secret'],
  ['user', 'grant-role', 'root', 'root'],
  ['role', 'add', 'app'],
  ['role', 'grant-permission', 'app', 'read', '/app/', '--prefix=true'],
  ['user', 'add', 'client:x-k3s-m-1', '--no-password'],
  ['user', 'grant-role', 'client:x-k3s-m-1', 'app'],
];
const on = ['auth', 'enable'];

type Fleet = Awaited<ReturnType<typeof fleetOf>>;

/** A cluster of three that begins with this snapshot. */
async function restoredFrom(t: Test, file: string): Promise<Fleet> {
  const fleet = await fleetOf(t);
  const picket = async (...args: string[]) => {
    const { code, stdout, stderr } = await fleet.picket(...args);
    if (code !== 0) throw new Error(stderr);
    return stdout;
  };
  const { id } = JSON.parse(await picket('snapshot', 'import', cluster, file, '--output', 'json')) as { id: string };
  await picket('cluster', 'restore', cluster, '--snapshot', id, '--yes');
  await joinAll(fleet);
  await healthy(fleet, 180_000);
  return fleet;
}

/** What was done to give Picket its user, the newest first. */
async function admissionsOf(fleet: Fleet): Promise<readonly string[]> {
  const kind = 'assign-admission,root-certificate,record-admission';
  const { items } = await fleet.ask((api) => api.list('events', { cluster, kind, limit: 100 }));
  return items.map((event) => event.kind);
}

async function servesWithRoles(t: Test, fleet: Fleet): Promise<void> {
  const { notices, members } = await fleet.status(cluster);
  t.ok(notices.some(({ code }) => code === 'authentication_admits'));
  t.ok(members.every(({ phase }) => phase === 'voter'));
  const [machine] = fleet.machines as [Machine];
  const read = await fleet.etcdctl(machine, 'get', '/app/key', '--print-value-only');
  t.equal(read.stdout.trim(), 'value', read.stderr);
  const refused = await fleet.etcdctl(machine, 'put', '/app/key', 'another');
  t.match(refused.stderr, /permission denied/, 'with the roles of the snapshot');
}

t.test('etcd’s users come along in an imported snapshot, and Picket administers its etcd as one of them', async (t) => {
  const etcd = await ensureEtcd();
  await t.test('R8 R11 one in which Picket has no user: the founder makes it, and keeps no key of root', async (t) => {
    const fleet = await restoredFrom(t, await snapshotOfEtcd(t, etcd, [...made, on], asRoot));
    await servesWithRoles(t, fleet);
    for (const { stateDir } of fleet.machines) t.notOk(existsSync(join(stateDir, 'etcd-root.pem')));
    t.strictSame(await admissionsOf(fleet), ['record-admission', 'root-certificate', 'assign-admission']);
  });

  await t.test('one to which it was added before', async (t) => {
    // Before authentication is on, nobody has to say who they are.
    const granted = grantsPicketUser
      .split('; ')
      .map((command) => command.replace('etcdctl --user root ', '').split(' '));
    const fleet = await restoredFrom(t, await snapshotOfEtcd(t, etcd, [...made, ...granted, on], asRoot));
    await servesWithRoles(t, fleet);
    t.strictSame(await admissionsOf(fleet), []);
  });
});
