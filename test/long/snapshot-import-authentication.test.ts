import { grantsPicketUser } from '@picket/shared/etcd-users/picket-user.ts';
import { inWords } from '@picket/shared/reasons/in-words.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
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

t.test('etcd’s users come along in an imported snapshot, and Picket administers its etcd as one of them', async (t) => {
  const etcd = await ensureEtcd();
  await t.test('a snapshot in which Picket has no user', async (t) => {
    const fleet = await fleetOf(t, { members: 1 });
    const { code, stderr } = await fleet.picket(
      ...['snapshot', 'import', cluster, await snapshotOfEtcd(t, etcd, [...made, on], asRoot)],
    );
    t.equal(code, 1);
    t.match(stderr, inWords(reason('import_keeps_picket_out')));
  });

  await t.test('one in which it was added by the command that the refusal prints', async (t) => {
    // Before authentication is on, nobody has to say who they are.
    const granted = grantsPicketUser
      .split('; ')
      .map((command) => command.replace('etcdctl --user root ', '').split(' '));
    const file = await snapshotOfEtcd(t, etcd, [...made, ...granted, on], asRoot);
    const fleet = await fleetOf(t);
    const [machine] = fleet.machines as [Machine];
    const picket = async (...args: string[]) => {
      const { code, stdout, stderr } = await fleet.picket(...args);
      if (code !== 0) throw new Error(stderr);
      return stdout;
    };
    const { id } = JSON.parse(await picket('snapshot', 'import', cluster, file, '--output', 'json')) as { id: string };
    await picket('cluster', 'restore', cluster, '--snapshot', id, '--yes');
    await joinAll(fleet);
    await healthy(fleet, 180_000);
    const { notices, members } = await fleet.status(cluster);
    t.ok(notices.some(({ code }) => code === 'authentication_admits'));
    t.ok(members.every(({ phase }) => phase === 'voter'));
    const read = await fleet.etcdctl(machine, 'get', '/app/key', '--print-value-only');
    t.equal(read.stdout.trim(), 'value', read.stderr);
    const refused = await fleet.etcdctl(machine, 'put', '/app/key', 'another');
    t.match(refused.stderr, /permission denied/, 'with the roles of the snapshot');
  });
});
